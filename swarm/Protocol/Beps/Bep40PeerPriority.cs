using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// A number for a pair of peers on which both agree (BEP 40): whoever is short of places keeps and dials the greater ones, so that every peer of a
/// swarm has its share of them and nobody can take them all by calling often.
/// </summary>
public static class Bep40PeerPriority
{
    /// <summary>Both of one address family; the order does not matter.</summary>
    public static uint Of(in PeerEndpoint one, in PeerEndpoint other)
    {
        Span<byte> both = stackalloc byte[32];
        var (low, high) = one.Address < other.Address || (one.Address == other.Address && one.Port <= other.Port) ? (one, other) : (other, one);
        if (low.Address == high.Address)
        {
            BinaryPrimitives.WriteUInt16BigEndian(both, low.Port);
            BinaryPrimitives.WriteUInt16BigEndian(both[2..], high.Port);
            return Crc32C.Of(both[..4]);
        }

        Span<byte> a = stackalloc byte[16];
        Span<byte> b = stackalloc byte[16];
        low.WriteAddress(a);
        high.WriteAddress(b);
        if (low.IsIPv4 && high.IsIPv4)
        {
            a = a[12..];
            b = b[12..];
        }

        Mask(a, b, whole: a.Length == 4 ? 2 : 6);
        a.CopyTo(both);
        b.CopyTo(both[a.Length..]);
        return Crc32C.Of(both[..(2 * a.Length)]);
    }

    // Bytes up to the first difference count whole, the network of 2 (IPv4) or 6 bytes always does; of those behind, every other bit.
    private static void Mask(Span<byte> a, Span<byte> b, int whole)
    {
        for (var i = Math.Max(whole, a.CommonPrefixLength(b) + 1); i < a.Length; i++)
        {
            a[i] &= 0x55;
            b[i] &= 0x55;
        }
    }
}
