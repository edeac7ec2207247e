namespace Swarm.Http;

/// <summary>
/// Whose requests may share a stored answer: tools share with tools, pages only with pages of the same site. A page could otherwise tell
/// from the speed of an answer what the user visited elsewhere. The site is the whole host name: finer than a registrable domain, which
/// only costs a request.
/// </summary>
public static class CachePartition
{
    /// <summary>Requests that no page made.</summary>
    public const string Tools = "";

    /// <summary>The partition; null if a page asks and does not say which: then nothing is kept and nothing reused.</summary>
    /// <param name="targetHost">The host asked: a document that the user opens is its own site.</param>
    public static string? Of(HttpFields request, string targetHost)
    {
        var site = request.First("Sec-Fetch-Site");
        if (site == "none" || (site is not null && request.First("Sec-Fetch-Dest") == "document"))
        {
            return targetHost;
        }

        if (request.First("Origin") is { } origin)
        {
            return HostOf(origin);
        }

        if (request.First("Referer") is { } referer)
        {
            return HostOf(referer);
        }

        // Over cleartext browsers send no Sec-Fetch fields, and a page can withhold Referer: the name all browsers go by remains.
        return site is not null || request.First("User-Agent")?.StartsWith("Mozilla/", StringComparison.Ordinal) == true ? null : Tools;
    }

    private static string? HostOf(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        if (start <= 0)
        {
            return null; // "null": an opaque origin
        }

        var rest = url.AsSpan(start + 3);
        var end = rest.IndexOfAny('/', '?', '#');
        var host = end < 0 ? rest : rest[..end];
        return host.IsEmpty ? null : host.ToString().ToLowerInvariant();
    }
}
