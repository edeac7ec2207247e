using System.Diagnostics;
using System.Runtime.InteropServices;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// 16 KiB of pinned memory that several owners share: a socket fills it, a hash reads it, readers send it, the store
/// writes it. The last <see cref="Release"/> gives it back to its <see cref="SlabPool"/>.
/// </summary>
/// <remarks>
/// <see cref="AddReference"/> and <see cref="Release"/> may be called from any thread; who writes the bytes is for the
/// owners to agree on (one writer before the block is admitted, none after).
/// </remarks>
public sealed class BlockBuffer
{
    private readonly SlabPool _pool;
    private readonly Memory<byte> _memory;
    private int _references;

    internal BlockBuffer(SlabPool pool, byte[] pinnedSlab, int offset)
    {
        _pool = pool;
        _memory = MemoryMarshal.CreateFromPinnedArray(pinnedSlab, offset, PieceLayout.BlockSize);
    }

    /// <summary>Bytes of the block that are filled; the last block of a content is short.</summary>
    public int Length { get; set; }

    /// <summary>All 16 KiB.</summary>
    public Memory<byte> Memory
    {
        get
        {
            Debug.Assert(Volatile.Read(ref _references) > 0, "a block was used after its last release");
            return _memory;
        }
    }

    /// <summary>All 16 KiB.</summary>
    public Span<byte> Span => Memory.Span;

    /// <summary>The first <see cref="Length"/> bytes.</summary>
    public ReadOnlyMemory<byte> Filled => Memory[..Length];

    /// <summary>Owners at this moment; for tests and assertions.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>The next free block while this one is free. Guarded by the pool's lock.</summary>
    internal BlockBuffer? NextFree { get; set; }

    /// <summary>The method that rented the block, kept in Debug builds to name a leak.</summary>
    internal string? RentedBy { get; set; }

    /// <summary>One more owner. The caller must be an owner itself.</summary>
    /// <exception cref="InvalidOperationException">The block is free.</exception>
    public void AddReference()
    {
        if (Interlocked.Increment(ref _references) <= 1)
        {
            Interlocked.Decrement(ref _references);
            throw new InvalidOperationException("a free block cannot be shared: rent it first");
        }
    }

    /// <summary>One owner less; the last one gives the block back.</summary>
    /// <exception cref="InvalidOperationException">The block was released more often than it was shared.</exception>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left < 0)
        {
            Interlocked.Increment(ref _references);
            throw new InvalidOperationException("the block was released twice");
        }

        if (left == 0)
        {
            _pool.Return(this);
        }
    }

    internal void Start(string? rentedBy)
    {
        Length = 0;
        RentedBy = rentedBy;
        Volatile.Write(ref _references, 1);
    }

    /// <summary>In Debug builds a freed block is overwritten, so that a late reader fails its test instead of passing by luck.</summary>
    [Conditional("DEBUG")]
    internal void Poison() => _memory.Span.Fill(0xDD);
}
