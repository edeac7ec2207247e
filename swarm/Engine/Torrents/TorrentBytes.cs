using Swarm.Core;

namespace Swarm.Engine;

/// <summary>The bytes of one torrent file: where they lie in the content that holds them. A v1 torrent whose pieces run across files is one content.</summary>
/// <param name="Handle">The content.</param>
/// <param name="Range">The file's bytes in it.</param>
public sealed record TorrentBytes(ResourceHandle Handle, ByteRange Range);
