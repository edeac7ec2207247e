using System.Buffers;

namespace Swarm.Protocol;

/// <summary>
/// "You might like this piece" (BEP 6): advice that a deadline scheduler does not take.
/// <code>
/// +---+----+-------+
/// | 5 | 13 | piece |
/// | 4 | 1  | 4     |
/// +---+----+-------+
/// </code>
/// </summary>
public readonly record struct SuggestPieceMessage(int Piece)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out SuggestPieceMessage message)
    {
        var ok = WireBytes.TryReadNumber(ref reader, out var piece);
        message = new(piece);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.SuggestPiece, Piece);
}

/// <summary>
/// "That request will not be served" (BEP 6, BEP 52): every request gets either its block or this.
/// <code>
/// +----+----+-------+-------+--------+
/// | 13 | 16 | piece | begin | length |
/// | 4  | 1  | 4     | 4     | 4      |
/// +----+----+-------+-------+--------+
/// </code>
/// </summary>
public readonly record struct RejectRequestMessage(int Piece, int Begin, int Length)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out RejectRequestMessage message)
    {
        var ok = WireBytes.TryReadNumbers(ref reader, out var piece, out var begin, out var length);
        message = new(piece, begin, length);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.RejectRequest, Piece, Begin, Length);
}

/// <summary>
/// "I serve you this piece even while I choke you" (BEP 6). Does not say that the sender has the piece.
/// <code>
/// +---+----+-------+
/// | 5 | 17 | piece |
/// | 4 | 1  | 4     |
/// +---+----+-------+
/// </code>
/// </summary>
public readonly record struct AllowedFastMessage(int Piece)
{
    public static bool TryRead(ref SequenceReader<byte> reader, out AllowedFastMessage message)
    {
        var ok = WireBytes.TryReadNumber(ref reader, out var piece);
        message = new(piece);
        return ok;
    }

    public void Write(IBufferWriter<byte> to) => WireBytes.WriteNumbers(to, MessageId.AllowedFast, Piece);
}
