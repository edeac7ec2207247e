using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A datagram to be sent.</summary>
public readonly record struct DhtDatagram(PeerEndpoint To, byte[] Bytes);
