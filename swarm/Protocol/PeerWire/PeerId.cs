using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>The 20 bytes by which a peer names itself (BEP 3), usually with its client's name in front (BEP 20).</summary>
public readonly record struct PeerId(ulong A, ulong B, uint C) : IComparable<PeerId>
{
    public const int Size = 20;

    /// <summary>BEP 20, Azureus style: client <c>SM</c>, version 0.1.0.0.</summary>
    public static ReadOnlySpan<byte> OwnPrefix => "-SM0100-"u8;

    /// <summary>Bytes of randomness that <see cref="Own"/> needs.</summary>
    public const int RandomBytes = 12;

    /// <summary>An id of this program. Randomness comes from the caller: this project has none.</summary>
    /// <param name="random">12 bytes.</param>
    public static PeerId Own(ReadOnlySpan<byte> random)
    {
        Span<byte> bytes = stackalloc byte[Size];
        OwnPrefix.CopyTo(bytes);
        random[..RandomBytes].CopyTo(bytes[OwnPrefix.Length..]);
        return Read(bytes);
    }

    /// <param name="bytes">At least 20 bytes.</param>
    public static PeerId Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, A);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], B);
        BinaryPrimitives.WriteUInt32BigEndian(to[16..], C);
    }

    /// <summary>In the order of their bytes.</summary>
    public int CompareTo(PeerId other) => (A, B, C).CompareTo((other.A, other.B, other.C));

    public static bool operator <(PeerId a, PeerId b) => a.CompareTo(b) < 0;

    public static bool operator >(PeerId a, PeerId b) => a.CompareTo(b) > 0;

    public static bool operator <=(PeerId a, PeerId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(PeerId a, PeerId b) => a.CompareTo(b) >= 0;

    /// <summary>The first eight bytes where a client names itself, printable characters only: <c>-LT2080-</c>.</summary>
    public string ClientPrefix => string.Create(8, A, static (chars, a) =>
    {
        for (var i = 0; i < chars.Length; i++)
        {
            var b = (byte)(a >> (56 - (8 * i)));
            chars[i] = b is >= 0x20 and < 0x7f ? (char)b : '.';
        }
    });

    /// <summary>40 lower-case hex digits.</summary>
    public override string ToString() => $"{A:x16}{B:x16}{C:x8}";
}
