using System.Diagnostics;
using System.Runtime.CompilerServices;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The node's block memory: 16 KiB blocks cut from pinned 1 MiB slabs, up to a limit. Allocates while it grows and never
/// again; a pool at its limit refuses, which is the back-pressure of everything above it.
/// </summary>
/// <remarks>Any thread. One short lock guards the free list.</remarks>
public sealed class SlabPool : IDisposable
{
    /// <summary>1 MiB: the piece of memory taken from the runtime at once; large enough for the pinned heap not to fragment.</summary>
    public const int SlabBytes = 1 << 20;

    private const int BlocksPerSlab = SlabBytes / PieceLayout.BlockSize;

    private readonly Lock _gate = new();
    private readonly List<BlockBuffer[]> _slabs = [];
    private readonly int _limitSlabs;
    private BlockBuffer? _free;
    private int _rented;

    /// <param name="limitBytes">Upper bound of the pool's memory, rounded down to whole slabs, at least one.</param>
    public SlabPool(long limitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limitBytes);
        _limitSlabs = (int)Math.Clamp(limitBytes / SlabBytes, 1, int.MaxValue / BlocksPerSlab);
    }

    public long LimitBytes => (long)_limitSlabs * SlabBytes;

    /// <summary>Memory taken from the runtime so far.</summary>
    public long AllocatedBytes
    {
        get
        {
            lock (_gate)
            {
                return (long)_slabs.Count * SlabBytes;
            }
        }
    }

    /// <summary>Memory in use by owners.</summary>
    public long RentedBytes => (long)Volatile.Read(ref _rented) * PieceLayout.BlockSize;

    /// <summary>A block with one reference and undefined bytes, or null when the pool is at its limit.</summary>
    /// <param name="rentedBy">Filled in by the compiler; named in the report of a leak.</param>
    public BlockBuffer? TryRent([CallerMemberName] string rentedBy = "")
    {
        BlockBuffer? block;
        lock (_gate)
        {
            if (_free is null && _slabs.Count < _limitSlabs)
            {
                Grow();
            }

            block = _free;
            if (block is null)
            {
                return null;
            }

            _free = block.NextFree;
            block.NextFree = null;
            _rented++;
        }

        block.Start(rentedBy);
        return block;
    }

    /// <summary>The methods that rented blocks which are still out, one entry a block.</summary>
    public IReadOnlyList<string> Outstanding()
    {
        lock (_gate)
        {
            return [.. _slabs.SelectMany(s => s).Where(b => b.References > 0).Select(b => b.RentedBy ?? "")];
        }
    }

    /// <summary>Forgets the memory. In Debug builds a block that is still out fails an assertion that names who rented it.</summary>
    public void Dispose()
    {
        AssertNoLeak();
        lock (_gate)
        {
            _free = null;
            _slabs.Clear();
        }
    }

    internal void Return(BlockBuffer block)
    {
        block.Poison();
        lock (_gate)
        {
            block.NextFree = _free;
            _free = block;
            _rented--;
        }
    }

    [Conditional("DEBUG")]
    private void AssertNoLeak()
    {
        var outstanding = Outstanding();
        Debug.Assert(outstanding.Count == 0, $"{outstanding.Count} blocks were not released, rented by: {string.Join(", ", outstanding.Distinct())}");
    }

    private void Grow()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(SlabBytes, pinned: true);
        var blocks = new BlockBuffer[BlocksPerSlab];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = new BlockBuffer(this, bytes, i * PieceLayout.BlockSize) { NextFree = _free };
            _free = blocks[i];
        }

        _slabs.Add(blocks);
    }
}
