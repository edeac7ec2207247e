using System.Buffers;
using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>The few bytes that all messages share: prefix, id, and numbers of 31 bits in four big-endian bytes.</summary>
internal static class WireBytes
{
    /// <summary>A number that must not be negative as an <see cref="int"/>: no torrent has 2³¹ pieces.</summary>
    public static bool TryReadNumber(ref SequenceReader<byte> reader, out int value) => reader.TryReadBigEndian(out value) && value >= 0;

    public static bool TryReadNumbers(ref SequenceReader<byte> reader, out int first, out int second, out int third)
    {
        second = third = 0;
        return TryReadNumber(ref reader, out first) && TryReadNumber(ref reader, out second) && TryReadNumber(ref reader, out third);
    }

    /// <summary>Prefix and id; <paramref name="length"/> counts the id and what follows.</summary>
    public static void WriteHead(IBufferWriter<byte> to, int length, MessageId id)
    {
        var bytes = to.GetSpan(5);
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        bytes[4] = (byte)id;
        to.Advance(5);
    }

    public static void WriteNumber(IBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to.GetSpan(4), value);
        to.Advance(4);
    }

    public static void WriteNumbers(IBufferWriter<byte> to, MessageId id, int value)
    {
        WriteHead(to, 5, id);
        WriteNumber(to, value);
    }

    public static void WriteNumbers(IBufferWriter<byte> to, MessageId id, int first, int second, int third)
    {
        WriteHead(to, 13, id);
        WriteNumber(to, first);
        WriteNumber(to, second);
        WriteNumber(to, third);
    }
}
