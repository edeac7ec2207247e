using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>A file to describe in a new torrent.</summary>
/// <param name="Path">Slash-separated, relative to the torrent's folder; the torrent's name for a single file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Leaves">SHA-256 of each 16 KiB block; may be empty for v1.</param>
public sealed record MetainfoInput(string Path, long Length, ReadOnlyMemory<Hash256> Leaves);
