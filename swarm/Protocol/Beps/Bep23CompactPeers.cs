using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// BEP 23 compact peers: 6 bytes each, an IPv4 address and a port, network order.
/// <code>| a.b.c.d (4) | port (2) |</code>
/// </summary>
public static class Bep23CompactPeers
{
    public const int EntryBytes = 6;

    /// <summary>Appends the peers of a compact list; entries without address or port are left out. False if the length is no multiple of 6.</summary>
    public static bool TryRead(ReadOnlySpan<byte> compact, ICollection<PeerEndpoint> to)
    {
        if (compact.Length % EntryBytes != 0)
        {
            return false;
        }

        for (; !compact.IsEmpty; compact = compact[EntryBytes..])
        {
            var port = BinaryPrimitives.ReadUInt16BigEndian(compact[4..]);
            if (port != 0 && BinaryPrimitives.ReadUInt32BigEndian(compact) != 0)
            {
                to.Add(PeerEndpoint.FromBytes(compact[..4], port));
            }
        }

        return true;
    }

    /// <summary>Writes 6 bytes of an IPv4 peer.</summary>
    public static void Write(in PeerEndpoint peer, Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32BigEndian(to, (uint)peer.Address);
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], peer.Port);
    }
}
