namespace Swarm.Proxy.Origin;

/// <summary>The request fields that select bytes or a version: replaced whenever this node asks in the client's place.</summary>
internal static class RangeFields
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
    };

    public static bool Are(string name) => Names.Contains(name);
}
