using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// BEP 7 compact IPv6 peers (<c>peers6</c>): 18 bytes each, an address and a port, network order.
/// <code>| address (16) | port (2) |</code>
/// </summary>
public static class Bep07Ipv6Peers
{
    public const int EntryBytes = 18;

    /// <summary>Appends the peers of a compact list; entries without address or port are left out. False if the length is no multiple of 18.</summary>
    public static bool TryRead(ReadOnlySpan<byte> compact, ICollection<PeerEndpoint> to)
    {
        if (compact.Length % EntryBytes != 0)
        {
            return false;
        }

        for (; !compact.IsEmpty; compact = compact[EntryBytes..])
        {
            var port = BinaryPrimitives.ReadUInt16BigEndian(compact[16..]);
            var peer = PeerEndpoint.FromBytes(compact[..16], port);
            if (port != 0 && !peer.IsUnspecified)
            {
                to.Add(peer);
            }
        }

        return true;
    }

    /// <summary>Writes 18 bytes of a peer.</summary>
    public static void Write(in PeerEndpoint peer, Span<byte> to)
    {
        peer.WriteAddress(to);
        BinaryPrimitives.WriteUInt16BigEndian(to[16..], peer.Port);
    }
}
