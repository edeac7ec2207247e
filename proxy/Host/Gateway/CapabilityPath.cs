namespace Swarm.Proxy.Gateway;

/// <summary>A path that carries a capability: <c>/gateway/~TOKEN/https/host/path</c>, <c>/torrents/~TOKEN/INFOHASH/path</c>.</summary>
/// <param name="Token">Between the mark and the next slash.</param>
/// <param name="Path">The path without it, as a caller without capability writes it.</param>
internal readonly record struct CapabilityPath(string Token, string Path)
{
    /// <param name="prefix">With its last slash.</param>
    public static CapabilityPath? TryRead(string rawTarget, string prefix)
    {
        if (rawTarget.Length <= prefix.Length || !rawTarget.StartsWith(prefix, StringComparison.Ordinal) || rawTarget[prefix.Length] != CapabilityBook.Mark)
        {
            return null;
        }

        var end = rawTarget.IndexOf('/', prefix.Length);
        return end < 0
            ? new(rawTarget[(prefix.Length + 1)..], prefix)
            : new(rawTarget[(prefix.Length + 1)..end], prefix + rawTarget[(end + 1)..]);
    }
}
