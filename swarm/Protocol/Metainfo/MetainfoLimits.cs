namespace Swarm.Protocol;

/// <summary>What a metainfo may ask of this node before it is refused.</summary>
/// <param name="MaxBytes">Longest metainfo.</param>
/// <param name="MaxFiles">Most files, pad files included.</param>
/// <param name="MaxPieces">Most pieces; a magnet's tree can name any number without carrying hashes for them.</param>
/// <param name="MaxPieceLength">Longest piece, bytes.</param>
/// <param name="MaxUrls">Most trackers and most web seeds; more are ignored.</param>
public sealed record MetainfoLimits(int MaxBytes, int MaxFiles, int MaxPieces, int MaxPieceLength, int MaxUrls)
{
    /// <summary>16 MiB hold half a million v2 piece hashes; libtorrent stops at pieces of 128 MiB, which is followed here.</summary>
    public static readonly MetainfoLimits Default = new(
        MaxBytes: 16 << 20, MaxFiles: 200_000, MaxPieces: 1 << 21, MaxPieceLength: 128 << 20, MaxUrls: 200);
}
