using System.Buffers;
using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>What <see cref="FrameReader.Read"/> found at the front of a buffer.</summary>
public enum FrameStatus : byte
{
    /// <summary>Not a whole message yet.</summary>
    NeedMore = 0,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>A message of length zero (BEP 3).</summary>
    KeepAlive,

    /// <summary>A message that no peer may send: close.</summary>
    Error,
}

/// <summary>One message: its id and the bytes after it, which live as long as the buffer they were read from.</summary>
public readonly record struct Frame(MessageId Id, ReadOnlySequence<byte> Payload);

/// <summary>
/// Cuts a stream into length-prefixed messages (BEP 3) and judges their lengths before they have arrived. Allocates nothing.
/// <code>
/// +--------------+----+---------------------+
/// | length u32be | id | payload             |
/// | 4            | 1  | length − 1          |
/// +--------------+----+---------------------+
/// </code>
/// </summary>
public static class FrameReader
{
    /// <summary>Reads one message from the front of <paramref name="buffer"/> and moves the buffer past it.</summary>
    public static FrameStatus Read(ref ReadOnlySequence<byte> buffer, in WireLimits limits, out Frame frame, out WireError error)
    {
        frame = default;
        error = default;
        if (!TryPeekHead(buffer, out var length, out var id))
        {
            return FrameStatus.NeedMore;
        }

        if (length == 0)
        {
            buffer = buffer.Slice(WireLimits.PrefixBytes);
            return FrameStatus.KeepAlive;
        }

        var (min, max) = limits.Of(id);
        if (length < min || length > max)
        {
            error = new(WireFault.BadLength, id, length, length < min ? min : max);
            return FrameStatus.Error;
        }

        if (buffer.Length < WireLimits.PrefixBytes + length)
        {
            return FrameStatus.NeedMore;
        }

        frame = new(id, buffer.Slice(WireLimits.PrefixBytes + 1, length - 1));
        buffer = buffer.Slice(WireLimits.PrefixBytes + length);
        return FrameStatus.Message;
    }

    /// <summary>
    /// The header of a PIECE message that is still arriving at the front of <paramref name="buffer"/>, and how much of its block is there:
    /// a peer that drips is seen before its block is whole.
    /// </summary>
    public static bool TryPeekPiece(in ReadOnlySequence<byte> buffer, out PieceMessage piece, out int receivedBytes)
    {
        piece = default;
        receivedBytes = 0;
        const int header = WireLimits.PrefixBytes + WireLimits.PieceHeaderBytes;
        if (buffer.Length < header || !TryPeekHead(buffer, out var length, out var id) || id != MessageId.Piece
            || length is < WireLimits.PieceHeaderBytes or > WireLimits.PieceMaxBytes)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[header];
        buffer.Slice(0, header).CopyTo(bytes);
        piece = new(
            BinaryPrimitives.ReadInt32BigEndian(bytes[5..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[9..]),
            (int)length - WireLimits.PieceHeaderBytes);
        receivedBytes = (int)Math.Min(buffer.Length - header, piece.Length);
        return true;
    }

    // The id is needed to judge the length, so a head is five bytes, or four of zero.
    private static bool TryPeekHead(in ReadOnlySequence<byte> buffer, out uint length, out MessageId id)
    {
        Span<byte> head = stackalloc byte[WireLimits.PrefixBytes + 1];
        id = default;
        length = 0;
        var first = buffer.FirstSpan;
        if (first.Length >= head.Length)
        {
            first[..head.Length].CopyTo(head);
        }
        else
        {
            var available = (int)Math.Min(buffer.Length, head.Length);
            if (available < WireLimits.PrefixBytes)
            {
                return false;
            }

            buffer.Slice(0, available).CopyTo(head);
            if (available < head.Length && BinaryPrimitives.ReadUInt32BigEndian(head) != 0)
            {
                return false;
            }
        }

        length = BinaryPrimitives.ReadUInt32BigEndian(head);
        id = (MessageId)head[WireLimits.PrefixBytes];
        return true;
    }
}
