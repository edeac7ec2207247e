using Swarm.Protocol;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>Makes the torrent of a hashed file: hybrid, one file, so that every client can join. Pure, and the same input gives the same bytes.</summary>
internal sealed class SiteTorrents(SiteAddress address, IReadOnlyList<string> trackers)
{
    /// <param name="path">Relative to the root, slash-separated.</param>
    /// <param name="bytes">The file's length.</param>
    /// <returns>The metainfo and its bytes, or one sentence why there is none.</returns>
    public (Metainfo? Torrent, byte[]? Bytes, string? Problem) Make(string path, long bytes, SiteHashes hashes) =>
        Make(path[(path.LastIndexOf('/') + 1)..], address.FileUrl(path), bytes, hashes);

    /// <param name="name">The file's.</param>
    /// <param name="webSeed">Its URL on the site; null if nobody said.</param>
    /// <param name="bytes">Its length.</param>
    /// <returns>The metainfo and its bytes, or one sentence why there is none.</returns>
    public (Metainfo? Torrent, byte[]? Bytes, string? Problem) Make(string name, string? webSeed, long bytes, SiteHashes hashes)
    {
        var builder = new MetainfoBuilder
        {
            Name = name,
            PieceLength = hashes.PieceBytes,
            Format = MetainfoFormat.Hybrid,
            Files = [new(name, bytes, hashes.Leaves)],
            V1Pieces = hashes.V1Pieces,
            TrackerTiers = [.. trackers.Select(static t => new[] { t })],
            WebSeeds = webSeed is null ? [] : [webSeed],
            CreatedBy = $"swarmstream {BuildVersion.Version}",
        };
        return builder.TryBuild(out var made, out var refused) && Metainfo.TryParse(made, out var torrent, out refused)
            ? (torrent, made, null)
            : (null, null, $"no torrent can be made of it: {refused}");
    }
}
