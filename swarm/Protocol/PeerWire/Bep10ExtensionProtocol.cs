using System.Buffers;

namespace Swarm.Protocol;

/// <summary>
/// The envelope of an extension message (BEP 10). The struct is the header; the rest of the payload belongs to the extension.
/// <code>
/// +-------+----+-------------+---------+
/// | 2 + n | 20 | extended id | payload |
/// | 4     | 1  | 1           | n       |
/// +-------+----+-------------+---------+
/// </code>
/// </summary>
/// <param name="ExtendedId">0 is the handshake; others are what the <em>receiver</em> named in its own handshake.</param>
/// <param name="Length">Bytes after the extended id.</param>
public readonly record struct ExtendedMessage(byte ExtendedId, int Length)
{
    public const byte HandshakeId = 0;

    /// <summary>Reads the header; the reader then stands at the extension's payload.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out ExtendedMessage message)
    {
        var ok = reader.TryRead(out var id) && reader.Remaining <= int.MaxValue;
        message = ok ? new(id, (int)reader.Remaining) : default;
        return ok;
    }

    /// <summary>Writes the header; the caller writes the payload's <see cref="Length"/> bytes after it.</summary>
    public void Write(IBufferWriter<byte> to)
    {
        WireBytes.WriteHead(to, 2 + Length, MessageId.Extended);
        to.GetSpan(1)[0] = ExtendedId;
        to.Advance(1);
    }
}
