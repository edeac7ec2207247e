namespace Swarm.Http;

/// <summary>What a request that may change things makes out of date (RFC 9111 §4.4).</summary>
public static class Invalidation
{
    /// <summary>True for a method not known to be safe (RFC 9110 §9.2.1 and the registry): an unknown one may change anything.</summary>
    public static bool IsUnsafe(string method) => method is not ("GET" or "HEAD" or "OPTIONS" or "TRACE" or "CONNECT" or "PROPFIND" or "REPORT" or "SEARCH" or "QUERY" or "PRI");

    /// <summary>True if the answer to it does so: 2xx and 3xx. An error changed nothing.</summary>
    public static bool IsDueTo(string method, int status) => IsUnsafe(method) && status is >= 200 and < 400;

    /// <summary>References to other resources of the same origin that changed with it: Location and Content-Location, unresolved.</summary>
    public static IEnumerable<string> References(HttpFields response)
    {
        if (response.First("Location") is { Length: > 0 } location)
        {
            yield return location;
        }

        if (response.First("Content-Location") is { Length: > 0 } content)
        {
            yield return content;
        }
    }
}
