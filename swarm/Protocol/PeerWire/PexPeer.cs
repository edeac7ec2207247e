namespace Swarm.Protocol;

/// <summary>A peer as another one names it (BEP 11).</summary>
public readonly record struct PexPeer(PeerEndpoint EndPoint, PexFlags Flags);
