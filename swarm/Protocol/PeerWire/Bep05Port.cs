using System.Buffers;
using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>
/// PORT (BEP 5): where the sender's DHT node listens, at the address of this connection. Sent after the handshake to a peer that set the DHT bit too.
/// <code>
/// +---+---+------+
/// | 3 | 9 | port |
/// | 4 | 1 | 2    |
/// +---+---+------+
/// </code>
/// </summary>
public readonly record struct PortMessage(ushort Port)
{
    /// <summary>Id and port.</summary>
    public const int FrameBytes = 3;

    /// <summary>False for port 0, where nobody listens.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out PortMessage message)
    {
        var ok = reader.TryReadBigEndian(out short port) && port != 0;
        message = new((ushort)port);
        return ok;
    }

    public void Write(IBufferWriter<byte> to)
    {
        WireBytes.WriteHead(to, FrameBytes, MessageId.Port);
        BinaryPrimitives.WriteUInt16BigEndian(to.GetSpan(sizeof(ushort)), Port);
        to.Advance(sizeof(ushort));
    }
}
