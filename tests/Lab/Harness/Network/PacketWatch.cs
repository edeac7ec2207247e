namespace Swarm.Lab.Harness.Network;

/// <summary>Sees a packet, from its IPv4 header on.</summary>
public delegate void PacketWatch(ReadOnlySpan<byte> packet);
