using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>What one peer gave of a torrent's metadata.</summary>
/// <param name="Metainfo">Proven by the infohash; with <see cref="IsComplete"/> every piece layer is there too. Null if it gave none.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record MetadataResult(Metainfo? Metainfo, MetadataFault Fault, string Detail = "")
{
    /// <summary>True if its bytes can be verified: v1, or v2 with every piece layer.</summary>
    public bool IsComplete => Metainfo is { } m && Enumerable.Range(0, m.Layout.Files.Length).All(f => m.Layout.Files[f].Length == 0 || m.IsVerifiable(f));
}
