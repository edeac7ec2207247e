using System.Buffers;

namespace Swarm.Protocol;

/// <summary>
/// "I no longer have this piece": the extension message <c>lt_donthave</c> (BEP 54), four bytes after the extended id.
/// <code>
/// +---+----+-------------+-------+
/// | 6 | 20 | extended id | piece |
/// | 4 | 1  | 1           | 4     |
/// +---+----+-------------+-------+
/// </code>
/// </summary>
public readonly record struct DontHaveMessage(int Piece)
{
    /// <summary>Its name in <c>m</c> of the extension handshake.</summary>
    public static ReadOnlySpan<byte> Name => "lt_donthave"u8;

    /// <summary>Reads what follows the extended id.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out DontHaveMessage message)
    {
        var ok = WireBytes.TryReadNumber(ref reader, out var piece) && reader.End;
        message = new(piece);
        return ok;
    }

    public void Write(IBufferWriter<byte> to, byte extendedId)
    {
        new ExtendedMessage(extendedId, 4).Write(to);
        WireBytes.WriteNumber(to, Piece);
    }
}
