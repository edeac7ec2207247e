using Swarm.Protocol;

namespace Swarm.Proxy.Seeding;

/// <summary>What a person, or a script, is told of a site that is seeded.</summary>
/// <remarks>Any thread.</remarks>
internal interface ISiteReport
{
    void Published(SiteFile file);

    /// <param name="why">One clause.</param>
    void Retired(string path, string why);

    /// <summary>Something cannot be published, or the root cannot be read.</summary>
    /// <param name="sentence">What is wrong and what to do.</param>
    void Said(string sentence);

    /// <summary>A part of what is to be hashed was read.</summary>
    /// <param name="of">Bytes of the whole file.</param>
    /// <param name="bytes">Bytes of this part.</param>
    void Hashing(string path, long of, int bytes);

    /// <summary>Everything that can be published is.</summary>
    void Settled(int files, long bytes);
}

/// <summary>A published file.</summary>
/// <param name="Path">Relative to the root, slash-separated.</param>
/// <param name="Url">Where it is on the web; null if nobody said.</param>
/// <param name="TorrentUrl">Where its torrent is; null if nobody said.</param>
internal sealed record SiteFile(string Path, Metainfo Torrent, string Magnet, string? Url, string? TorrentUrl);
