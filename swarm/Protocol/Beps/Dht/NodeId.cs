using System.Numerics;

namespace Swarm.Protocol;

/// <summary>A point of the DHT's key space of 160 bits: a node's id, or the infohash that is looked for (BEP 5). Their distance is their XOR.</summary>
public readonly record struct NodeId(ulong A, ulong B, uint C) : IComparable<NodeId>
{
    public const int Size = 20;

    public const int Bits = 160;

    /// <param name="bytes">At least 20 bytes.</param>
    public static NodeId Read(ReadOnlySpan<byte> bytes)
    {
        var hash = WireHash.Read(bytes);
        return Of(hash);
    }

    /// <summary>Where a torrent's peers are kept.</summary>
    public static NodeId Of(WireHash infoHash) => new(infoHash.A, infoHash.B, infoHash.C);

    public WireHash ToWireHash() => new(A, B, C);

    public void Write(Span<byte> to) => ToWireHash().Write(to);

    public NodeId DistanceTo(NodeId other) => new(A ^ other.A, B ^ other.B, C ^ other.C);

    /// <summary>Leading bits in common, 160 for equal ids.</summary>
    public int SharedBits(NodeId other)
    {
        var d = DistanceTo(other);
        return d.A != 0 ? BitOperations.LeadingZeroCount(d.A)
            : d.B != 0 ? 64 + BitOperations.LeadingZeroCount(d.B)
            : 128 + BitOperations.LeadingZeroCount(d.C);
    }

    /// <summary>This id with one bit turned, counted from the highest.</summary>
    public NodeId Flip(int bit)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        bytes[bit >> 3] ^= (byte)(0x80 >> (bit & 7));
        return Read(bytes);
    }

    /// <summary>This id up to <paramref name="bits"/>, and <paramref name="rest"/> from there on.</summary>
    public NodeId WithTail(int bits, NodeId rest)
    {
        Span<byte> own = stackalloc byte[Size], tail = stackalloc byte[Size];
        Write(own);
        rest.Write(tail);
        for (var i = 0; i < Size; i++)
        {
            var kept = Math.Clamp(bits - (i * 8), 0, 8);
            var mask = (byte)(0xff00 >> kept);
            own[i] = (byte)((own[i] & mask) | (tail[i] & ~mask));
        }

        return Read(own);
    }

    /// <summary>As a number; of two distances the smaller one is nearer.</summary>
    public int CompareTo(NodeId other)
    {
        var a = A.CompareTo(other.A);
        var b = a != 0 ? a : B.CompareTo(other.B);
        return b != 0 ? b : C.CompareTo(other.C);
    }

    public static bool operator <(NodeId a, NodeId b) => a.CompareTo(b) < 0;

    public static bool operator >(NodeId a, NodeId b) => a.CompareTo(b) > 0;

    public static bool operator <=(NodeId a, NodeId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(NodeId a, NodeId b) => a.CompareTo(b) >= 0;

    /// <summary>40 lower-case hex digits.</summary>
    public override string ToString() => ToWireHash().ToString();
}
