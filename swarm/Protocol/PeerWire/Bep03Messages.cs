using System.Buffers;
using System.Numerics;

namespace Swarm.Protocol;

/// <summary>A message of length zero that keeps an idle connection open (BEP 3): <c>00 00 00 00</c>.</summary>
public readonly record struct KeepAliveMessage
{
    public static void Write(IBufferWriter<byte> to) => WireBytes.WriteNumber(to, 0);
}

/// <summary>
/// A message that is its id alone: CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED (BEP 3), HAVE_ALL, HAVE_NONE (BEP 6).
/// <code>
/// +---+----+
/// | 1 | id |
/// | 4 | 1  |
/// +---+----+
/// </code>
/// </summary>
public readonly record struct SignalMessage(MessageId Id)
{
    public void Write(IBufferWriter<byte> to) => WireBytes.WriteHead(to, 1, Id);
}

/// <summary>
/// "I have this piece, checked" (BEP 3).
/// <code>
/// +---+---+-------+
/// | 5 | 4 | piece |
/// | 4 | 1 | 4     |
/// +---+---+-------+
/// </code>
/// </summary>
public readonly record struct HaveMessage(int Piece)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out HaveMessage message)
    {
        var ok = WireBytes.TryReadNumber(ref reader, out var piece);
        message = new(piece);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.Have, Piece);
}

/// <summary>
/// The pieces a peer has, first piece in the high bit of the first byte, spare bits zero (BEP 3). Borrows its bits from the buffer it was read from.
/// <code>
/// +-------+---+-------------+
/// | 1 + n | 5 | bits        |
/// | 4     | 1 | n=⌈pieces/8⌉ |
/// +-------+---+-------------+
/// </code>
/// </summary>
public readonly record struct BitfieldMessage(ReadOnlySequence<byte> Bits, int PieceCount)
{
    /// <summary>False if there are not exactly enough bytes or a spare bit is set.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, int pieceCount, out BitfieldMessage message)
    {
        message = default;
        var length = ((long)pieceCount + 7) / 8;
        if (reader.Remaining != length)
        {
            return false;
        }

        var bits = reader.UnreadSequence;
        var used = pieceCount % 8;
        if (used != 0 && (bits.Slice(length - 1).FirstSpan[0] & (0xff >> used)) != 0)
        {
            return false;
        }

        reader.Advance(length);
        message = new(bits, pieceCount);
        return true;
    }

    /// <summary>The next run of set bits at or after <paramref name="from"/>: piece numbers <paramref name="first"/> .. + <paramref name="count"/>.</summary>
    public bool TryNextRun(int from, out int first, out int count)
    {
        first = Find(from, set: true);
        var end = first < PieceCount ? Find(first, set: false) : first;
        count = end - first;
        return count > 0;
    }

    public void Write(IBufferWriter<byte> to)
    {
        WireBytes.WriteHead(to, 1 + (int)Bits.Length, MessageId.Bitfield);
        foreach (var segment in Bits)
        {
            to.Write(segment.Span);
        }
    }

    // A byte at a time: a seed's 2 M pieces are 256 KiB, once a connection.
    private int Find(int from, bool set)
    {
        if (from >= PieceCount)
        {
            return PieceCount;
        }

        var flip = (byte)(set ? 0 : 0xff);
        var piece = from & ~7;
        var mask = 0xff >> (from & 7);
        foreach (var segment in Bits.Slice(from / 8))
        {
            foreach (var bits in segment.Span)
            {
                var hit = (byte)((bits ^ flip) & mask);
                if (hit != 0)
                {
                    return Math.Min(PieceCount, piece + BitOperations.LeadingZeroCount((uint)hit << 24));
                }

                mask = 0xff;
                piece += 8;
            }
        }

        return PieceCount;
    }
}

/// <summary>
/// "Send me this block" (BEP 3): at most 16 KiB, inside one piece.
/// <code>
/// +----+---+-------+-------+--------+
/// | 13 | 6 | piece | begin | length |
/// | 4  | 1 | 4     | 4     | 4      |
/// +----+---+-------+-------+--------+
/// </code>
/// </summary>
public readonly record struct RequestMessage(int Piece, int Begin, int Length)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out RequestMessage message)
    {
        var ok = WireBytes.TryReadNumbers(ref reader, out var piece, out var begin, out var length);
        message = new(piece, begin, length);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.Request, Piece, Begin, Length);
}

/// <summary>
/// "Never mind that request" (BEP 3). With the fast extension it is still answered, by the block or a reject.
/// <code>
/// +----+---+-------+-------+--------+
/// | 13 | 8 | piece | begin | length |
/// | 4  | 1 | 4     | 4     | 4      |
/// +----+---+-------+-------+--------+
/// </code>
/// </summary>
public readonly record struct CancelMessage(int Piece, int Begin, int Length)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out CancelMessage message)
    {
        var ok = WireBytes.TryReadNumbers(ref reader, out var piece, out var begin, out var length);
        message = new(piece, begin, length);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.Cancel, Piece, Begin, Length);
}

/// <summary>
/// A block (BEP 3). The struct is the header; the block's bytes are the rest of the payload.
/// <code>
/// +-------+---+-------+-------+-------+
/// | 9 + n | 7 | piece | begin | block |
/// | 4     | 1 | 4     | 4     | n     |
/// +-------+---+-------+-------+-------+
/// </code>
/// </summary>
/// <param name="Length">Bytes of the block.</param>
public readonly record struct PieceMessage(int Piece, int Begin, int Length)
{
    /// <summary>Reads the header; the reader then stands at the block.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out PieceMessage message)
    {
        var begin = 0;
        var ok = WireBytes.TryReadNumber(ref reader, out var piece) && WireBytes.TryReadNumber(ref reader, out begin) && reader.Remaining <= int.MaxValue;
        message = ok ? new(piece, begin, (int)reader.Remaining) : default;
        return ok;
    }

    /// <summary>Writes the header; the caller writes the block's <see cref="Length"/> bytes after it.</summary>
    public void Write(IBufferWriter<byte> to)
    {
        WireBytes.WriteHead(to, WireLimits.PieceHeaderBytes + Length, MessageId.Piece);
        WireBytes.WriteNumber(to, Piece);
        WireBytes.WriteNumber(to, Begin);
    }
}
