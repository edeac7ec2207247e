using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>How long each kind of message may be on one connection. Lengths count the id and the payload, not the prefix.</summary>
/// <param name="PieceCount">Pieces in the torrent: fixes the bitfield's length and the largest piece number.</param>
public readonly record struct WireLimits(int PieceCount)
{
    /// <summary>Bytes of the length prefix.</summary>
    public const int PrefixBytes = 4;

    /// <summary>Id, piece, begin.</summary>
    public const int PieceHeaderBytes = 9;

    /// <summary>A request may ask for one block and no more (BEP 52: others are closed), so no answer is longer.</summary>
    public const int PieceMaxBytes = PieceHeaderBytes + PieceLayout.BlockSize;

    /// <summary>512 hashes (BEP 52) and one uncle for each of at most 32 layers.</summary>
    public const int HashesMaxBytes = HashRequestMessage.FrameBytes + ((HashRequestMessage.MaxLength + HashRequestMessage.MaxProofLayers) * Hash256.Size);

    /// <summary>A metadata piece is 16 KiB and a header; handshakes and PEX are far below. Four times that.</summary>
    public const int ExtendedMaxBytes = 65536;

    /// <summary>A message nobody here knows is skipped up to this length.</summary>
    public const int UnknownMaxBytes = 65536;

    public int BitfieldPayloadBytes => (int)(((long)PieceCount + 7) / 8);

    /// <summary>The longest valid message with its prefix: a receive buffer holds at least this.</summary>
    public int FrameMaxBytes => PrefixBytes + Math.Max(1 + BitfieldPayloadBytes, Math.Max(ExtendedMaxBytes, UnknownMaxBytes));

    /// <summary>Least and most bytes of a message.</summary>
    public (int Min, int Max) Of(MessageId id) => id switch
    {
        MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.HaveAll or MessageId.HaveNone => (1, 1),
        MessageId.Have or MessageId.SuggestPiece or MessageId.AllowedFast => (5, 5),
        MessageId.Port => (PortMessage.FrameBytes, PortMessage.FrameBytes),
        MessageId.Request or MessageId.Cancel or MessageId.RejectRequest => (13, 13),
        MessageId.Bitfield => (1 + BitfieldPayloadBytes, 1 + BitfieldPayloadBytes),
        MessageId.Piece => (PieceHeaderBytes + 1, PieceMaxBytes),
        MessageId.Extended => (2, ExtendedMaxBytes),
        MessageId.HashRequest or MessageId.HashReject => (HashRequestMessage.FrameBytes, HashRequestMessage.FrameBytes),
        MessageId.Hashes => (HashRequestMessage.FrameBytes + Hash256.Size, HashesMaxBytes),
        _ => (1, UnknownMaxBytes),
    };
}
