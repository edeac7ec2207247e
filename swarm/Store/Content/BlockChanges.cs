using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The one place where blocks of a content change state: with each step the bytes kept, the quota and the rows that are
/// out of date follow, and whoever listens is told.
/// </summary>
/// <remarks>
/// Any thread. A step is taken under the content's lock and told after it; no step reads or writes the file. Whoever
/// looked at the file first says which <see cref="LiveContent"/> that was: its verdict is void once another is live.
/// </remarks>
internal sealed class BlockChanges(StoredContent content, StoreContext store)
{
    private readonly PieceLayout _layout = content.Layout;

    /// <summary>Hands a block to the writer if it is neither kept nor on its way and there is room for it. Never waits for the disk.</summary>
    public StoreAnswer Begin(int block, ReadOnlyMemory<byte> bytes, in Hash256 leaf, Action<bool>? done, BlockBuffer? buffer)
    {
        var bit = UnitBits.BitOf(block);
        lock (content.Gate)
        {
            if (content.Live is not { } live)
            {
                return StoreAnswer.No;
            }

            var unit = live.Blocks.UnitFor(block);
            if (!unit.CanBegin(bit))
            {
                return StoreAnswer.No;
            }

            // A suspect block counts already.
            var isNew = !unit.IsKept(bit);
            if (isNew && !store.Ledger.TryTake(bytes.Length))
            {
                return store.Eviction.Ask() ? StoreAnswer.Later : StoreAnswer.No;
            }

            var answer = store.Monitor.Accepts()
                ? store.Queue.Add(new WriteRequest(content, live, block, bytes, leaf, done, buffer))
                : StoreAnswer.No;
            if (answer != StoreAnswer.Taken)
            {
                store.Ledger.Adjust(isNew ? -bytes.Length : 0);
                return answer;
            }

            unit.Begin(bit);
            live.InFlight++;
            return StoreAnswer.Taken;
        }
    }

    /// <summary>The write ended. The writer's.</summary>
    public void End(in WriteRequest request, bool written)
    {
        var bit = UnitBits.BitOf(request.Block);
        lock (content.Gate)
        {
            var live = request.Live;
            var unit = live.Blocks.UnitFor(request.Block);
            var isNew = !unit.IsKept(bit);
            live.InFlight--;
            if (written)
            {
                unit.EndWritten(request.Block, request.Leaf);
                content.Use.Note(UnitBits.UnitOf(request.Block), store.NowUnixMs);
                live.Unsynced.Add(request.Block);
                content.Record.StoredBytes += isNew ? request.Bytes.Length : 0;
            }
            else
            {
                unit.EndFailed(bit);
                store.Ledger.Adjust(isNew ? -request.Bytes.Length : 0);
            }
        }
    }

    /// <summary>What was written may stand in the index from now on. The writer's.</summary>
    public void EndSynced(LiveContent live)
    {
        lock (content.Gate)
        {
            foreach (var block in live.Unsynced)
            {
                live.Blocks.UnitFor(block).EndSynced(UnitBits.BitOf(block));
                live.Blocks.MarkDirty(UnitBits.UnitOf(block));
            }

            live.Unsynced.Clear();
        }
    }

    /// <summary>The leaf that a re-hash has to meet; false if there is nothing to decide.</summary>
    public bool TryGetDoubt(LiveContent live, int block, out Hash256 leaf)
    {
        leaf = default;
        if (live.Blocks.Unit(UnitBits.UnitOf(block)) is not { } unit)
        {
            return false;
        }

        lock (content.Gate)
        {
            leaf = unit.Leaf(block);
            return unit.IsInDoubt(UnitBits.BitOf(block));
        }
    }

    /// <summary>Ends the doubt about a block that was re-hashed, unless the writer did meanwhile.</summary>
    /// <returns>True if the block is present.</returns>
    public bool Settle(LiveContent live, int block, bool passed)
    {
        var bit = UnitBits.BitOf(block);
        lock (content.Gate)
        {
            if (content.Live != live)
            {
                return false;
            }

            var unit = live.Blocks.UnitFor(block);
            if (!unit.IsInDoubt(bit))
            {
                return (unit.Present & bit) != 0;
            }

            if (passed)
            {
                unit.Prove(bit);
                live.Blocks.MarkDirty(UnitBits.UnitOf(block));
            }
        }

        if (passed)
        {
            store.Queue.AddDirty(content);
            store.Events.RaiseRecovered(content, block);
        }
        else
        {
            Drop(live, block);
        }

        return passed;
    }

    /// <summary>The block is absent from now on: its bytes are not what was written.</summary>
    public void Drop(LiveContent live, int block)
    {
        var bit = UnitBits.BitOf(block);
        lock (content.Gate)
        {
            var unit = live.Blocks.UnitFor(block);
            if (content.Live != live || !unit.IsKept(bit))
            {
                return;
            }

            unit.Drop(bit);
            live.Blocks.MarkDirty(UnitBits.UnitOf(block));
            content.Record.StoredBytes -= _layout.BlockBytes(block);
            // While the writer has the block in hand its bytes stay counted for the new copy.
            if (!unit.IsInFlight(bit))
            {
                store.Ledger.Adjust(-_layout.BlockBytes(block));
            }
        }

        store.Queue.AddDirty(content);
        store.Events.RaiseLost(content, block);
    }

    /// <summary>Nothing in the file is believed until it is re-hashed. Nothing is lost by that, so nobody is told.</summary>
    public void DoubtAll(LiveContent live)
    {
        lock (content.Gate)
        {
            for (var n = 0; n < live.Blocks.UnitCount; n++)
            {
                live.Blocks.Unit(n)?.Doubt();
            }
        }
    }

    /// <summary>Nothing in the file can be believed any more.</summary>
    public void DropAll(LiveContent live)
    {
        for (var n = 0; n < live.Blocks.UnitCount; n++)
        {
            DropUnit(live, n);
        }
    }

    /// <summary>The blocks of one unit are absent from now on.</summary>
    public void DropUnit(LiveContent live, int n)
    {
        var bits = live.Blocks.Unit(n) is { } unit ? unit.Present | unit.Suspect : 0;
        for (; bits != 0; bits &= bits - 1)
        {
            Drop(live, UnitBits.FirstOf(n, bits));
        }
    }
}
