using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>Gives one peer the info dictionary (BEP 9): each piece it asks for, the whole a few times at most, never more at once than it reads.</summary>
internal sealed class MetadataServer(ReadOnlyMemory<byte> info)
{
    /// <summary>A peer that asks for more than the whole this often is refused: it is no leech.</summary>
    private const int MaxRounds = 4;

    /// <summary>With so much unread a request is refused; the peer asks again when it has read.</summary>
    public const int MaxBacklogBytes = 128 * 1024;

    private int _answered;

    /// <param name="theirId">The id under which the peer takes the message.</param>
    /// <param name="backlogBytes">What waits to be sent already.</param>
    public void Answer(in MetadataMessage request, byte theirId, int backlogBytes, IBufferWriter<byte> to)
    {
        var bytes = MetadataMessage.LengthOf(info.Length, request.Piece);
        if (bytes == 0 || backlogBytes > MaxBacklogBytes || _answered >= MaxRounds * MetadataMessage.PieceCount(info.Length))
        {
            new MetadataMessage(MetadataKind.Reject, request.Piece).Write(to, theirId);
            return;
        }

        _answered++;
        new MetadataMessage(MetadataKind.Data, request.Piece, info.Length).Write(to, theirId);
        to.Write(info.Span.Slice(request.Piece * MetadataMessage.PieceBytes, bytes));
    }
}
