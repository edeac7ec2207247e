using System.Diagnostics.CodeAnalysis;
using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// The blocks of one content that are in memory: admitted ones, in the order they came, and a peer's that wait for their
/// leaf hash. Not thread-safe: guarded by its content's lock. Allocates while it grows and never again.
/// </summary>
/// <param name="blockCount">Blocks of the content.</param>
/// <param name="backlog">Counts the blocks that wait for room in the store.</param>
internal sealed class BlockMemory(int blockCount, StoreBacklog backlog)
{
    /// <summary>Numbers of blocks that left by themselves stay in the queue until there are this many more than blocks.</summary>
    private const int StaleEntries = 1_024;

    private readonly Dictionary<int, ContentSlot> _slots = [];
    private readonly Stack<ContentSlot> _spare = new();
    private readonly Queue<int> _admitted = new();
    private readonly Queue<int> _deferred = new();
    private readonly BlockBits _held = new(blockCount);

    public long Bytes => (long)_slots.Count * PieceLayout.BlockSize;

    /// <summary>Entries in the queue of the oldest: an upper bound for one pass over it.</summary>
    public int AdmittedEntries => _admitted.Count;

    /// <summary>True if any block waits for room in the store.</summary>
    public bool DefersAny => _deferred.Count > 0;

    /// <summary>True if any block waits for its leaf hash.</summary>
    public bool HoldsAny => _held.Population > 0;

    public bool IsHeld(int block) => _held[block];

    public bool Contains(int block) => _slots.ContainsKey(block);

    public bool TryGet(int block, [NotNullWhen(true)] out ContentSlot? slot) => _slots.TryGetValue(block, out slot);

    /// <summary>Takes over one reference to the buffer.</summary>
    public void Place(int block, BlockBuffer buffer, int bytes, int source, in Hash256 leaf, bool admitted)
    {
        var slot = _spare.Count > 0 ? _spare.Pop() : new ContentSlot();
        buffer.Length = bytes;
        slot.Buffer = buffer;
        slot.Bytes = bytes;
        slot.Source = source;
        slot.Leaf = leaf;
        slot.Admitted = admitted;
        _slots.Add(block, slot);
        if (admitted)
        {
            Queue(block);
        }
        else
        {
            _held.Add(block);
        }
    }

    /// <summary>A held block passed.</summary>
    public void Admit(int block, ContentSlot slot)
    {
        slot.Admitted = true;
        _held.Remove(block);
        Queue(block);
    }

    public void Drop(int block)
    {
        if (_slots.Remove(block, out var slot))
        {
            _held.Remove(block);
            EndWait(slot);
            slot.Buffer?.Release();
            slot.Reset();
            _spare.Push(slot);
        }
    }

    public void DropAll()
    {
        foreach (var block in _slots.Keys.ToArray())
        {
            Drop(block);
        }

        _admitted.Clear();
        _deferred.Clear();
    }

    /// <summary>The store has no room for the block yet. Where too much waits already it is not kept.</summary>
    public bool TryDefer(int block, ContentSlot slot)
    {
        if (slot.Deferred || !backlog.TryAdd())
        {
            return slot.Deferred;
        }

        slot.Deferred = true;
        _deferred.Enqueue(block);
        return true;
    }

    /// <summary>The block that has waited longest for room in the store; false if none waits.</summary>
    public bool TryDeferred(out int block, [NotNullWhen(true)] out ContentSlot? slot)
    {
        while (_deferred.TryPeek(out block))
        {
            if (_slots.TryGetValue(block, out slot) && slot.Deferred)
            {
                return true;
            }

            _deferred.Dequeue();
        }

        slot = null;
        return false;
    }

    /// <summary>The store took the block that had waited longest, or does not want it any more.</summary>
    public void EndDeferred(ContentSlot slot, bool taken)
    {
        _deferred.Dequeue();
        EndWait(slot);
        slot.Enqueued = taken;
        if (taken)
        {
            backlog.NoteMoved();
        }
    }

    public void DropHeld()
    {
        foreach (var block in HeldBlocks())
        {
            Drop(block);
        }
    }

    /// <summary>Blocks that wait for their verdict, in order; one may be dropped while it is the current one.</summary>
    public IEnumerable<int> HeldBlocks()
    {
        for (var block = _held.Next(0); block >= 0; block = _held.Next(block + 1))
        {
            yield return block;
        }
    }

    /// <summary>Blocks that passed, in no order.</summary>
    public IEnumerable<int> AdmittedBlocks() => _slots.Where(static s => s.Value.Admitted).Select(static s => s.Key);

    /// <summary>Takes the block that was admitted longest ago out of the queue; false for one that is no longer here.</summary>
    public bool TryOldest(out int block, [NotNullWhen(true)] out ContentSlot? slot)
    {
        block = _admitted.Dequeue();
        return _slots.TryGetValue(block, out slot) && slot.Admitted;
    }

    /// <summary>Puts a block back that could not go: it is the youngest now.</summary>
    public void PutBack(int block) => _admitted.Enqueue(block);

    private void EndWait(ContentSlot slot)
    {
        if (slot.Deferred)
        {
            slot.Deferred = false;
            backlog.Remove();
        }
    }

    private void Queue(int block)
    {
        // Blocks that readers left behind leave their numbers here; without this the queue would grow with the bytes that ever passed.
        if (_admitted.Count > (2 * _slots.Count) + StaleEntries)
        {
            for (var left = _admitted.Count; left > 0; left--)
            {
                if (TryOldest(out var old, out _))
                {
                    PutBack(old);
                }
            }
        }

        _admitted.Enqueue(block);
    }
}
