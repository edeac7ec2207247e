using Swarm.Core;

namespace Swarm.Proxy.Seeding;

/// <summary>What hashing a file gave: all that its torrent needs besides its name.</summary>
/// <param name="V1Pieces">20 bytes a piece.</param>
/// <param name="Leaves">SHA-256 of each 16 KiB block.</param>
internal sealed record SiteHashes(int PieceBytes, ReadOnlyMemory<byte> V1Pieces, ReadOnlyMemory<Hash256> Leaves);
