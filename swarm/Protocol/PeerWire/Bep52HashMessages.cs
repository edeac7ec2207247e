using System.Buffers;
using System.Numerics;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// "Send me these hashes of a file's tree" (BEP 52), and with id 23 "I will not".
/// <code>
/// +----+----+-------------+------------+-------+--------+--------------+
/// | 49 | 21 | pieces root | base layer | index | length | proof layers |
/// | 4  | 1  | 32          | 4          | 4     | 4      | 4            |
/// +----+----+-------------+------------+-------+--------+--------------+
/// </code>
/// </summary>
/// <param name="PiecesRoot">Root of the file's tree.</param>
/// <param name="BaseLayer">Layers above the leaves: 0 asks for leaf hashes.</param>
/// <param name="Index">First hash in that layer, a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">Hashes of that layer: a power of two, 2 to 512.</param>
/// <param name="ProofLayers">Layers above the base for which an uncle is wanted where one is needed.</param>
public readonly record struct HashRequestMessage(Hash256 PiecesRoot, int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>Id and fields.</summary>
    public const int FrameBytes = 1 + FieldBytes;

    /// <summary>BEP 52: SHOULD NOT be greater; libtorrent refuses more.</summary>
    public const int MaxLength = 512;

    /// <summary>No tree over 2³¹ blocks is higher.</summary>
    public const int MaxProofLayers = 32;

    internal const int FieldBytes = Hash256.Size + 16;

    /// <summary>True if a peer may send this: what BEP 52 demands of its numbers.</summary>
    public bool IsValid =>
        BaseLayer is >= 0 and < MaxProofLayers
        && Length is >= 2 and <= MaxLength && BitOperations.IsPow2(Length)
        && Index >= 0 && Index % Length == 0
        && ProofLayers is >= 0 and <= MaxProofLayers;

    public static bool TryRead(ref SequenceReader<byte> reader, out HashRequestMessage message)
    {
        message = default;
        Span<byte> root = stackalloc byte[Hash256.Size];
        if (!reader.TryCopyTo(root))
        {
            return false;
        }

        reader.Advance(Hash256.Size);
        var proofs = 0;
        if (!WireBytes.TryReadNumbers(ref reader, out var layer, out var index, out var length) || !WireBytes.TryReadNumber(ref reader, out proofs))
        {
            return false;
        }

        message = new(Hash256.Read(root), layer, index, length, proofs);
        return true;
    }

    public void Write(IBufferWriter<byte> to) => Write(to, MessageId.HashRequest, FrameBytes);

    /// <summary>Writes the same fields as a HASH_REJECT.</summary>
    public void WriteReject(IBufferWriter<byte> to) => Write(to, MessageId.HashReject, FrameBytes);

    internal void Write(IBufferWriter<byte> to, MessageId id, int length)
    {
        WireBytes.WriteHead(to, length, id);
        PiecesRoot.Write(to.GetSpan(Hash256.Size));
        to.Advance(Hash256.Size);
        WireBytes.WriteNumber(to, BaseLayer);
        WireBytes.WriteNumber(to, Index);
        WireBytes.WriteNumber(to, Length);
        WireBytes.WriteNumber(to, ProofLayers);
    }
}

/// <summary>
/// The answer to a <see cref="HashRequestMessage"/> (BEP 52): the hashes of the base layer, then uncles upwards. The first
/// log2(length) − 1 proof layers are inside the hashes and left out. Borrows its bytes from the buffer it was read from.
/// <code>
/// +------------+----+-----------------------+---------------+--------+
/// | 49 + 32·n  | 22 | fields of the request | length hashes | uncles |
/// | 4          | 1  | 48                    | 32 each       | 32 each|
/// +------------+----+-----------------------+---------------+--------+
/// </code>
/// </summary>
public readonly record struct HashesMessage(HashRequestMessage Request, ReadOnlySequence<byte> HashBytes)
{
    /// <summary>Hashes and uncles.</summary>
    public int Count => (int)(HashBytes.Length / Hash256.Size);

    public int UncleCount => Count - Request.Length;

    /// <summary>False unless the hashes are whole, at least as many as the request's length, and the uncles no more than it asked for.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out HashesMessage message)
    {
        message = default;
        if (!HashRequestMessage.TryRead(ref reader, out var request) || !request.IsValid
            || reader.Remaining % Hash256.Size != 0
            || reader.Remaining / Hash256.Size < request.Length
            || reader.Remaining / Hash256.Size > request.Length + request.ProofLayers)
        {
            return false;
        }

        message = new(request, reader.UnreadSequence);
        reader.AdvanceToEnd();
        return true;
    }

    /// <summary>Copies hashes out, starting at number <paramref name="first"/>: base layer first, then uncles.</summary>
    public void CopyTo(int first, Span<Hash256> to)
    {
        Span<byte> one = stackalloc byte[Hash256.Size];
        var reader = new SequenceReader<byte>(HashBytes.Slice((long)first * Hash256.Size));
        for (var i = 0; i < to.Length; i++)
        {
            reader.TryCopyTo(one);
            reader.Advance(Hash256.Size);
            to[i] = Hash256.Read(one);
        }
    }

    public void Write(IBufferWriter<byte> to)
    {
        Request.Write(to, MessageId.Hashes, HashRequestMessage.FrameBytes + (int)HashBytes.Length);
        foreach (var segment in HashBytes)
        {
            to.Write(segment.Span);
        }
    }
}
