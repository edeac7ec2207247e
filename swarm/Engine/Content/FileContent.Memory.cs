using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

// Memory: what stays in it, what goes, and what is lost when it goes.
public sealed partial class FileContent
{
    /// <summary>1 MiB: after a pass over the queue that freed nothing the next one waits for this much more.</summary>
    private const long TrimStepBytes = 1 << 20;

    /// <summary>32 MiB: what a reader is about to need is not evicted; 20 s of a film of 12 Mbit/s, and more than any window asks ahead.</summary>
    private const int NeededSoonBlocks = (32 << 20) / PieceLayout.BlockSize;

    private long _trimAboveBytes;

    /// <summary>Bytes of blocks in memory.</summary>
    internal long MemoryBytes
    {
        get
        {
            lock (_gate)
            {
                return _memory.Bytes;
            }
        }
    }

    /// <summary>True if a reader is in this run or not far before it.</summary>
    internal bool IsNeededSoon(BlockRun run)
    {
        foreach (var reader in ReadersAndGuests)
        {
            var at = (int)(reader.Position / PieceLayout.BlockSize);
            if (!reader.IsClosed && run.End > at && run.First < at + NeededSoonBlocks && run.First * (long)PieceLayout.BlockSize < reader.Range.End)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Called when a reader has left the block behind: the copy in memory goes if the store has another.</summary>
    internal void ReaderPassed(int block)
    {
        lock (_gate)
        {
            if (_memory.TryGet(block, out var slot) && slot.Admitted && !IsNeeded(block))
            {
                if (StoreOf(block)?.Has(block) == true)
                {
                    _memory.Drop(block);
                }
                else if (slot.Missed)
                {
                    OfferToStore(block, slot, StoreOf(block));
                }
            }
        }
    }

    /// <summary>
    /// Gives memory back, oldest first: blocks that the store has, and where it has not, blocks that no reader needs, until the limit
    /// is kept; with <paramref name="all"/>, every one that no reader needs.
    /// </summary>
    internal void TrimMemory(bool all)
    {
        while (all && OfferDeferred())
        {
            // What the store takes, or no longer wants, need not stay.
        }

        lock (_gate)
        {
            var before = _memory.Bytes;
            for (var left = _memory.AdmittedEntries; left > 0 && (all || _memory.Bytes > _memoryLimitBytes); left--)
            {
                if (!_memory.TryOldest(out var block, out var slot))
                {
                    continue;
                }

                // Asked in this order: the writer says that the store has a block before it lets go of it.
                var coming = slot.IsOnItsWayToTheStore;
                var stored = StoreOf(block)?.Has(block) == true;
                if (!stored && slot.Missed && !IsNeeded(block))
                {
                    // Its reader has passed it, and comes to say so only now.
                    OfferToStore(block, slot, StoreOf(block));
                    coming = slot.IsOnItsWayToTheStore;
                }

                if (stored ? all && IsNeeded(block) : coming || IsNeeded(block))
                {
                    _memory.PutBack(block);
                }
                else if (stored)
                {
                    _memory.Drop(block);
                }
                else if (Forget(block))
                {
                    PostLost(block);
                }
            }

            if (all)
            {
                DropFarHeld();
            }

            _trimAboveBytes = _memory.Bytes < before ? 0 : _memory.Bytes + TrimStepBytes;
        }
    }

    /// <summary>Lets go of the store's files and of all memory; nothing reads this content any more, and what still comes joins nothing.</summary>
    internal void Release()
    {
        StoredContent? tree;
        lock (_gate)
        {
            if (_released)
            {
                return;
            }

            _released = true;
            _memory.DropAll();
            tree = _treeStore;
            _treeStore = null;
        }

        tree?.Dispose();
        _originStore?.Dispose();
    }

    /// <summary>True while blocks of this content wait for the disk, and readers are to go slower for it.</summary>
    internal bool WaitsForStore
    {
        get
        {
            lock (_gate)
            {
                return _memory.DefersAny;
            }
        }
    }

    /// <summary>
    /// Offers the store what it had no room for, some blocks at a time, so that no content has all of the room.
    /// </summary>
    /// <returns>True if the store has room for more and this content has more.</returns>
    internal bool OfferDeferred()
    {
        const int turn = 32;
        lock (_gate)
        {
            for (var left = turn; left > 0; left--)
            {
                if (!_memory.TryDeferred(out var block, out var slot))
                {
                    return false;
                }

                var answer = StoreOf(block)?.Offer(block, slot.Buffer!, slot.Leaf) ?? StoreAnswer.No;
                if (answer == StoreAnswer.Later)
                {
                    return false;
                }

                _memory.EndDeferred(slot, answer == StoreAnswer.Taken);
            }

            return true;
        }
    }

    /// <summary>
    /// Offers an admitted block to the store and keeps memory within its limit. A full disk drops this side, never the client; a slow
    /// one gets the block later.
    /// </summary>
    private void Keep(int block, BlockBuffer buffer, StoredContent? store)
    {
        bool full;
        lock (_gate)
        {
            // Inside the lock: the store's word that there is room again must find what it had no room for.
            if (_memory.TryGet(block, out var slot) && ReferenceEquals(slot.Buffer, buffer))
            {
                OfferToStore(block, slot, store);
            }

            full = _memory.Bytes > Math.Max(_memoryLimitBytes, _trimAboveBytes);
        }

        if (full)
        {
            TrimMemory(all: false);
        }
    }

    // --- Inside the lock

    private void OfferToStore(int block, ContentSlot slot, StoredContent? store)
    {
        var answer = store?.Offer(block, slot.Buffer!, slot.Leaf) ?? StoreAnswer.No;
        slot.Offered = true;
        slot.Enqueued = answer == StoreAnswer.Taken;
        slot.Missed = answer == StoreAnswer.Later && !_memory.TryDefer(block, slot);
    }

    private bool IsNeeded(int block) => IsNeeded(_readers, block) || IsNeeded(_guests, block);

    private static bool IsNeeded(ResourceReader[] readers, int block)
    {
        foreach (var r in readers)
        {
            if (r.Needs(block))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Blocks that wait for their verdict far from every reader: what seeks left behind. They are given up, or they would hold the
    /// memory that the head needs.
    /// </summary>
    private void DropFarHeld()
    {
        foreach (var block in _memory.HeldBlocks())
        {
            if (!IsNearReader(block))
            {
                _memory.Drop(block);
                Post(EventKind.Lost, -1, block, 1);
            }
        }
    }

    /// <summary>Within the piece a reader is at, or within its share of this content's memory behind it.</summary>
    private bool IsNearReader(int block)
    {
        var perPiece = _tree?.Metainfo.Layout.BlocksPerPiece ?? 1;
        var reach = perPiece + (int)(_memoryLimitBytes / PieceLayout.BlockSize / Math.Max(1, _readers.Length + _guests.Length));
        foreach (var reader in ReadersAndGuests)
        {
            var at = (int)(reader.Position / PieceLayout.BlockSize);
            if (!reader.IsClosed && block >= at / perPiece * perPiece && block < at + reach)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Drops a block altogether; true if it was present.</summary>
    private bool Forget(int block)
    {
        _memory.Drop(block);
        _proven.Remove(block);
        TakeEchoes(block, areProven: false); // what comes in its place may be other bytes, whose proof is not theirs
        var origin = _fromOrigin.Remove(block);
        return _fromTree.Remove(block) || origin;
    }
}
