using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>A torrent this node knows: given by the user, or Linked by an origin.</summary>
/// <param name="GivenByUser">True: it is its own authority, and binds to the URLs of its own url-list.</param>
public sealed record TorrentRecord(Metainfo Metainfo, bool GivenByUser)
{
    /// <summary>Peers that came with the torrent (BEP 9 <c>x.pe</c>).</summary>
    public IReadOnlyList<PeerHint> Peers { get; init; } = [];
}
