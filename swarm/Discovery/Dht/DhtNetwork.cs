using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// The network that an address belongs to: a /24 of IPv4, a /64 of IPv6. Whoever has one has all of its addresses, so it counts as one stranger. In local
/// networks, which nobody reaches unasked, each node counts by itself.
/// </summary>
internal readonly record struct DhtNetwork(UInt128 Key)
{
    public static DhtNetwork Of(PeerEndpoint endPoint) =>
        Bep42NodeId.IsLocal(endPoint) ? new((endPoint.Address << 16) ^ endPoint.Port ^ (UInt128.One << 127))
        : endPoint.IsIPv4 ? new(endPoint.Address >> 8)
        : new(endPoint.Address >> 64 << 64);
}
