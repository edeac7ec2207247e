namespace Swarm.Proxy.Seeding;

/// <summary>Which files of a site are published, by name and size. Pure.</summary>
/// <param name="LeastBytes">Smaller files stay plain HTTP.</param>
internal sealed record SiteRules(long LeastBytes)
{
    /// <summary>True for what is left out without a word: hidden files, which sites mean to hide, and torrents.</summary>
    /// <param name="path">Relative to the root, slash-separated.</param>
    public static bool IsLeftOut(string path) =>
        path.StartsWith('.') || path.Contains("/.", StringComparison.Ordinal) || path.EndsWith(".torrent", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a file that is not worth a swarm.</summary>
    public bool IsTooSmall(long bytes) => bytes < LeastBytes;
}
