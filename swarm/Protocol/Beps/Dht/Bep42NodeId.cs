using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// BEP 42: a node's id begins with a checksum of its address, so that nobody chooses where in the key space he stands. The first
/// 21 bits are fixed by the address and by three bits that stand again in the last byte.
/// </summary>
public static class Bep42NodeId
{
    // Of each further byte of the address fewer bits count: who owns a /8 still has few places to choose from.
    private const uint Mask4 = 0x030f_3fff;
    private const ulong Mask6 = 0x0103_070f_1f3f_7fff;

    /// <summary>An id for a node that others see at <paramref name="address"/>.</summary>
    /// <param name="random">What is free of the id.</param>
    public static NodeId For(PeerEndpoint address, NodeId random)
    {
        Span<byte> bytes = stackalloc byte[NodeId.Size];
        random.Write(bytes);
        var checksum = Checksum(address, bytes[19]);
        bytes[0] = (byte)(checksum >> 24);
        bytes[1] = (byte)(checksum >> 16);
        bytes[2] = (byte)((checksum >> 8 & 0xf8) | (bytes[2] & 7u));
        return NodeId.Read(bytes);
    }

    /// <summary>True if a node at <paramref name="address"/> may have this id. In a local network, where addresses prove nothing, any will do.</summary>
    public static bool IsValid(NodeId id, PeerEndpoint address)
    {
        if (IsLocal(address))
        {
            return true;
        }

        var checksum = Checksum(address, (byte)id.C);
        return ((uint)(id.A >> 32) ^ checksum) >> 11 == 0;
    }

    /// <summary>True for the networks that BEP 42 exempts, and their counterparts of IPv6: loopback, private, link-local.</summary>
    public static bool IsLocal(PeerEndpoint address)
    {
        if (!address.IsIPv4)
        {
            var high = (ulong)(address.Address >> 64);
            return address.Address == 1 || high >> 57 == 0xfc00 >> 9 || high >> 54 == 0xfe80 >> 6;
        }

        var a = (uint)address.Address;
        return a >> 24 is 10 or 127 || a >> 20 == 0xac1 || a >> 16 is 0xc0a8 or 0xa9fe;
    }

    private static uint Checksum(PeerEndpoint address, byte last)
    {
        Span<byte> masked = stackalloc byte[8];
        var r = (uint)last & 7;
        if (address.IsIPv4)
        {
            masked = masked[..4];
            BinaryPrimitives.WriteUInt32BigEndian(masked, ((uint)address.Address & Mask4) | (r << 29));
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(masked, ((ulong)(address.Address >> 64) & Mask6) | ((ulong)r << 61));
        }

        return Crc32C.Of(masked);
    }
}
