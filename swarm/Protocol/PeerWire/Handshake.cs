using System.Buffers;
using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// The 68 bytes that open a peer connection in each direction (BEP 3).
/// <code>
/// +----+---------------------+-----------+-----------+---------+
/// | 19 | BitTorrent protocol | reserved  | infohash  | peer id |
/// | 1  | 19                  | 8         | 20        | 20      |
/// +----+---------------------+-----------+-----------+---------+
/// </code>
/// </summary>
public readonly record struct Handshake(PeerFeatures Features, WireHash InfoHash, PeerId PeerId)
{
    public const int Size = 68;

    /// <summary>The 20 bytes that tell BitTorrent from anything else.</summary>
    public static ReadOnlySpan<byte> Prologue => "\u0013BitTorrent protocol"u8;

    public bool Supports(PeerFeatures features) => (Features & features) == features;

    /// <summary>
    /// True if <paramref name="received"/>, however short, can still become a handshake: a stranger is recognised by its first byte.
    /// </summary>
    public static bool MayBegin(ReadOnlySpan<byte> received)
    {
        var n = Math.Min(received.Length, Prologue.Length);
        return received[..n].SequenceEqual(Prologue[..n]);
    }

    /// <summary>False if there are fewer than 68 bytes or they are not BitTorrent; nothing is consumed then.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out Handshake handshake)
    {
        handshake = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (!reader.TryCopyTo(bytes) || !MayBegin(bytes))
        {
            return false;
        }

        reader.Advance(Size);
        handshake = new(
            (PeerFeatures)BinaryPrimitives.ReadUInt64BigEndian(bytes[20..]),
            WireHash.Read(bytes[28..]),
            PeerId.Read(bytes[48..]));
        return true;
    }

    public void Write(IBufferWriter<byte> to)
    {
        var bytes = to.GetSpan(Size);
        Prologue.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[20..], (ulong)Features);
        InfoHash.Write(bytes[28..]);
        PeerId.Write(bytes[48..]);
        to.Advance(Size);
    }
}
