using System.Buffers;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// A piece of the info dictionary, asked for, given or refused: the extension message <c>ut_metadata</c> (BEP 9). The struct
/// is the dictionary; the bytes of a data message stand behind it.
/// <code>
/// +---+----+-------------+-------------------------------------------------+-------+
/// | n | 20 | extended id | d8:msg_typei1e5:piecei0e10:total_sizei34256ee   | bytes |
/// | 4 | 1  | 1           | bencoded                                        |       |
/// +---+----+-------------+-------------------------------------------------+-------+
/// </code>
/// </summary>
/// <param name="TotalBytes">Length of the whole info dictionary; 0 but in a data message.</param>
public readonly record struct MetadataMessage(MetadataKind Kind, int Piece, int TotalBytes = 0)
{
    /// <summary>BEP 9: all but the last piece have 16 KiB.</summary>
    public const int PieceBytes = PieceLayout.BlockSize;

    /// <summary>The longest info dictionary that is fetched: what <see cref="MetainfoLimits.Default"/> reads. A peer that announces a gigabyte is not asked.</summary>
    public const int MaxTotalBytes = 16 << 20;

    // Three short keys and their numbers; what needs more is no such message.
    private const int MaxDictionaryBytes = 1024;

    /// <summary>Its name in <c>m</c> of the extension handshake.</summary>
    public static ReadOnlySpan<byte> Name => "ut_metadata"u8;

    /// <summary>The key of the extension handshake that tells the length of the info dictionary.</summary>
    public static ReadOnlySpan<byte> SizeKey => "metadata_size"u8;

    /// <summary>Bytes behind the dictionary: the piece of a data message, else none.</summary>
    public int DataBytes => Kind == MetadataKind.Data ? LengthOf(TotalBytes, Piece) : 0;

    /// <summary>True if an info dictionary of this length is worth asking for.</summary>
    public static bool IsUsable(long totalBytes) => totalBytes is > 0 and <= MaxTotalBytes;

    /// <summary>Pieces of an info dictionary.</summary>
    public static int PieceCount(int totalBytes) => (totalBytes + PieceBytes - 1) / PieceBytes;

    /// <summary>Bytes of one piece; 0 past the end.</summary>
    public static int LengthOf(int totalBytes, int piece) => (int)Math.Clamp(totalBytes - ((long)piece * PieceBytes), 0, PieceBytes);

    /// <summary>
    /// Reads what follows the extended id; the reader then stands at the data, which has exactly <see cref="DataBytes"/>.
    /// A kind that is not known gives <see cref="MetadataKind.Unknown"/>, to be ignored (BEP 9).
    /// </summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out MetadataMessage message)
    {
        message = default;
        var head = reader.UnreadSequence.Slice(0, Math.Min(reader.Remaining, MaxDictionaryBytes)).ToArray();
        if (!BencodeDocument.TryParsePrefix(head, out var document, out _, order: BencodeKeyOrder.Any)
            || !document.Root["msg_type"u8].TryGetInteger(out var kind) || kind < 0)
        {
            return false;
        }

        reader.Advance(document.Length);
        if (kind > (int)MetadataKind.Reject)
        {
            message = new(MetadataKind.Unknown, 0);
            reader.AdvanceToEnd();
            return true;
        }

        if (!document.Root["piece"u8].TryGetInteger(out var piece) || piece < 0 || piece >= PieceCount(MaxTotalBytes))
        {
            return false;
        }

        if (kind != (int)MetadataKind.Data)
        {
            message = new((MetadataKind)kind, (int)piece);
            return reader.End;
        }

        if (!document.Root["total_size"u8].TryGetInteger(out var total) || !IsUsable(total))
        {
            return false;
        }

        message = new(MetadataKind.Data, (int)piece, (int)total);
        return message.DataBytes > 0 && reader.Remaining == message.DataBytes;
    }

    /// <summary>Writes the message up to its data, prefix and envelope included; the caller writes <see cref="DataBytes"/> bytes behind it.</summary>
    public void Write(IBufferWriter<byte> to, byte extendedId)
    {
        var payload = new ArrayBufferWriter<byte>(64);
        var bencode = new BencodeWriter(payload);
        bencode.BeginDictionary();
        bencode.Bytes("msg_type"u8);
        bencode.Integer((int)Kind);
        bencode.Bytes("piece"u8);
        bencode.Integer(Piece);
        if (Kind == MetadataKind.Data)
        {
            bencode.Bytes("total_size"u8);
            bencode.Integer(TotalBytes);
        }

        bencode.End();
        new ExtendedMessage(extendedId, payload.WrittenCount + DataBytes).Write(to);
        to.Write(payload.WrittenSpan);
    }
}
