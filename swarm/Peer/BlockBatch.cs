using System.Buffers.Binary;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// Blocks on their way to one peer, as PIECE messages one behind the other in pinned memory, so that one call sends them
/// all. Its owner fills it, lends it to a connection, and has it back with <see cref="IPeerServer.Sent"/>.
/// </summary>
public sealed class BlockBatch
{
    /// <summary>16 blocks: with 256 KiB a send, system calls are under a tenth of the copying.</summary>
    public const int MaxBlocks = 16;

    private const int HeaderBytes = WireLimits.PrefixBytes + WireLimits.PieceHeaderBytes;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(MaxBlocks * (HeaderBytes + PieceLayout.BlockSize), pinned: true);
    private readonly RequestMessage[] _answered = new RequestMessage[MaxBlocks];
    private int _length;

    /// <summary>Bytes of memory that each batch takes.</summary>
    public static int MemoryBytes => MaxBlocks * (HeaderBytes + PieceLayout.BlockSize);

    public int Blocks { get; private set; }

    /// <summary>Bytes of blocks, without their headers.</summary>
    public int PayloadBytes { get; private set; }

    /// <summary>The requests that its blocks answer.</summary>
    public ReadOnlySpan<RequestMessage> Answered => _answered.AsSpan(0, Blocks);

    public bool IsFull => Blocks == MaxBlocks;

    /// <summary>All messages.</summary>
    public ReadOnlyMemory<byte> Messages => _bytes.AsMemory(0, _length);

    /// <summary>Where the bytes of the next block go; it counts once <see cref="Add"/> is called.</summary>
    public Span<byte> Next(int length) => _bytes.AsSpan(_length + HeaderBytes, length);

    /// <summary>The block that was written to <see cref="Next"/> is one of the batch.</summary>
    public void Add(in RequestMessage answered)
    {
        var head = _bytes.AsSpan(_length);
        BinaryPrimitives.WriteInt32BigEndian(head, WireLimits.PieceHeaderBytes + answered.Length);
        head[4] = (byte)MessageId.Piece;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], answered.Piece);
        BinaryPrimitives.WriteInt32BigEndian(head[9..], answered.Begin);
        _length += HeaderBytes + answered.Length;
        PayloadBytes += answered.Length;
        _answered[Blocks++] = answered;
    }

    public void Clear() => _length = Blocks = PayloadBytes = 0;
}
