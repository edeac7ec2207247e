using System.Buffers;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// What viewers of one content tell each other so that they do not all ask a thin origin for the same bytes: the extension message
/// <c>swarm_crowd</c> (ours, under BEP 10). Offsets are as in a REQUEST: a piece and a byte in it, a multiple of 16 KiB.
/// <code>
/// +--------+----+-------------+------+-------+-------+--------+--------------+
/// | length | 20 | extended id | kind | piece | begin | number | leaves       |
/// | 4      | 1  | 1           | 1    | 4     | 4     | 4      | 32 · number  |
/// +--------+----+-------------+------+-------+-------+--------+--------------+
/// </code>
/// <c>number</c>: bytes (claim, have), bytes per second (playhead), hashes that follow (leaves; else none follow). A kind that is not
/// known is skipped, so that later versions can say more.
/// </summary>
/// <param name="Number">Never negative; claims and haves cover at least one byte and at most <see cref="MaxRunBytes"/>.</param>
public readonly record struct CrowdMessage(CrowdKind Kind, int Piece, int Begin, int Number)
{
    /// <summary>Four bytes of it are version enough: another meaning gets another name.</summary>
    public static ReadOnlySpan<byte> Name => "swarm_crowd"u8;

    /// <summary>Bytes before any leaves.</summary>
    public const int HeadBytes = 13;

    /// <summary>A claim is a cell, a have is what was verified at once: 16 MiB is the largest piece of usual torrents.</summary>
    public const int MaxRunBytes = 16 << 20;

    /// <summary>As many as a HASHES message of BEP 52 may carry.</summary>
    public const int MaxLeaves = 512;

    /// <summary>Reads what follows the extended id; of leaves the head, and the reader then stands at <see cref="Number"/> hashes.</summary>
    /// <returns>False for what no well-meaning peer sends: cut short, too long, negative, not at a block, or claiming more than a cell can be.</returns>
    public static bool TryRead(ref SequenceReader<byte> reader, out CrowdMessage message)
    {
        message = default;
        if (!reader.TryRead(out var kind))
        {
            return false;
        }

        if (kind is 0 or > (byte)CrowdKind.Leaves)
        {
            reader.AdvanceToEnd();
            return true;
        }

        if (!WireBytes.TryReadNumbers(ref reader, out var piece, out var begin, out var number) || begin % PieceLayout.BlockSize != 0)
        {
            return false;
        }

        message = new((CrowdKind)kind, piece, begin, number);
        return message.Kind switch
        {
            CrowdKind.Leaves => number is > 0 and <= MaxLeaves && reader.Remaining == (long)number * Hash256.Size,
            CrowdKind.Playhead => reader.End,
            _ => number is > 0 and <= MaxRunBytes && reader.End,
        };
    }

    /// <summary>Copies the hashes that the reader stands at.</summary>
    public static void ReadLeaves(ref SequenceReader<byte> reader, Span<Hash256> to)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        foreach (ref var hash in to)
        {
            reader.TryCopyTo(bytes);
            reader.Advance(Hash256.Size);
            hash = Hash256.Read(bytes);
        }
    }

    /// <summary>Writes the whole message, prefix and envelope included.</summary>
    /// <param name="leaves">As many as <see cref="Number"/> says for leaves, else none.</param>
    public void Write(IBufferWriter<byte> to, byte extendedId, ReadOnlySpan<Hash256> leaves = default)
    {
        new ExtendedMessage(extendedId, HeadBytes + (leaves.Length * Hash256.Size)).Write(to);
        to.GetSpan(1)[0] = (byte)Kind;
        to.Advance(1);
        WireBytes.WriteNumber(to, Piece);
        WireBytes.WriteNumber(to, Begin);
        WireBytes.WriteNumber(to, Number);
        foreach (ref readonly var leaf in leaves)
        {
            leaf.Write(to.GetSpan(Hash256.Size));
            to.Advance(Hash256.Size);
        }
    }
}
