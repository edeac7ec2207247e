using System.Buffers.Binary;

namespace Swarm.Core;

/// <summary>IO that the core declares and the shell performs.</summary>
public enum DecisionKind : byte
{
    None = 0,

    /// <summary>
    /// Ask <see cref="Decision.Source"/> for the run. A peer gets one request a block; an origin gets one bounded range request.
    /// </summary>
    Request,

    /// <summary>Take the run back: CANCEL at a peer; at an origin the run under way is cut so that it ends before the first block (at once if it is there already).</summary>
    Cancel,

    /// <summary>
    /// Ask the peer for the leaf hashes of the run (BEP 52 message 21: a power of two of 2..512 blocks, aligned in the tree of the file
    /// that holds <see cref="Decision.First"/>; it may run past that file's end, which is padding).
    /// </summary>
    AskHashes,

    /// <summary>Ban the source: the run's first block failed its hash.</summary>
    Ban,

    /// <summary>Send an event of kind <see cref="EventKind.Wake"/> at <see cref="Decision.At"/>; a later one replaces an earlier one.</summary>
    WakeAt,

    /// <summary>
    /// Tell <see cref="Decision.Source"/>, or every peer that listens when it is -1, that this node has asked its origin for the run. Where no
    /// one listens it means nothing.
    /// </summary>
    Claim,
}

/// <summary>One declared act: 21 bytes in the log's digest. <paramref name="At"/> is the deadline of a request or the time of a wake.</summary>
public readonly record struct Decision(DecisionKind Kind, int Source, int First, int Count, Instant At)
{
    public const int Size = 21;

    public BlockRun Run => new(First, Count);

    public void Write(Span<byte> to)
    {
        to[0] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(to[1..], Source);
        BinaryPrimitives.WriteInt32LittleEndian(to[5..], First);
        BinaryPrimitives.WriteInt32LittleEndian(to[9..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(to[13..], At.Micros);
    }
}
