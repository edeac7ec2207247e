using System.Buffers;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>Reads a content's blocks from its file, synchronously, re-hashing suspect ones first; what turns out damaged is dropped.</summary>
/// <remarks>Any thread. No lock is held across the reading.</remarks>
internal sealed class BlockReader(StoredContent content, BlockChanges changes, DamageNotice damage, StoreContext store)
{
    private readonly PieceLayout _layout = content.Layout;

    /// <inheritdoc cref="StoredContent.Verify"/>
    public bool Verify(int block)
    {
        if (content.HasOwn(block))
        {
            return true;
        }

        if ((uint)block >= (uint)_layout.BlockCount || content.Live is not { } live || !changes.TryGetDoubt(live, block, out var leaf))
        {
            return false;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(PieceLayout.BlockSize);
        try
        {
            var span = bytes.AsSpan(0, _layout.BlockBytes(block));
            var got = ReadFile(live, OffsetOf(block), span, out _);
            return changes.Settle(live, block, passed: got == span.Length && MerkleTree.Leaf(span) == leaf);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Re-hashes a present block, and drops it if its bytes are not what was written. True if so.</summary>
    public bool DropIfRotten(int block)
    {
        if (content.Live is not { } live)
        {
            return false;
        }

        var drops = DropsIn(live, block, 0);
        if (!live.Blocks.TryGetLeaf(block, out var leaf))
        {
            return false;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(PieceLayout.BlockSize);
        try
        {
            var span = bytes.AsSpan(0, _layout.BlockBytes(block));
            var got = ReadFile(live, OffsetOf(block), span, out var fault);
            if ((got == span.Length && MerkleTree.Leaf(span) == leaf) || fault is ObjectDisposedException || DropsIn(live, block, 0) != drops)
            {
                return false;
            }

            damage.TellRot(block, fault);
            changes.Drop(live, block);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <inheritdoc cref="StoredContent.Read"/>
    public int Read(int block, int offset, Span<byte> to)
    {
        if ((uint)block >= (uint)_layout.BlockCount || (uint)offset >= (uint)_layout.BlockBytes(block))
        {
            return -1;
        }

        return ReadRun(OffsetOf(block) + offset, to[..Math.Min(to.Length, _layout.BlockBytes(block) - offset)]);
    }

    /// <inheritdoc cref="StoredContent.ReadRun"/>
    public int ReadRun(long offset, Span<byte> to)
    {
        if (content.Live is not { } live || offset < 0 || offset >= _layout.Length)
        {
            return -1;
        }

        var first = (int)(offset / PieceLayout.BlockSize);
        to = to[..(int)Math.Min(to.Length, _layout.Length - offset)];
        var wanted = to;
        var drops = DropsIn(live, first, to.Length);
        var end = first;
        while (OffsetOf(end) < offset + Math.Max(to.Length, 1) && Verify(end))
        {
            end++;
        }

        if (end == first)
        {
            return -1;
        }

        to = to[..(int)Math.Min(to.Length, OffsetOf(end) - offset)];
        var got = ReadFile(live, offset, to, out var fault);
        if (fault is ObjectDisposedException)
        {
            return -1;
        }

        if (fault is not null && end > first + 1)
        {
            // One bad sector fails the call; the blocks before it are still good.
            return ReadRun(offset, to[..(int)(OffsetOf(first + 1) - offset)]);
        }

        if (got < to.Length)
        {
            damage.Tell(fault);
            for (var block = (int)((offset + got) / PieceLayout.BlockSize); block < end; block++)
            {
                changes.Drop(live, block);
            }
        }

        if (DropsIn(live, first, wanted.Length) != drops)
        {
            // A block may have been evicted, made a hole of, and written anew meanwhile: look again at what is here now.
            return ReadRun(offset, wanted);
        }

        content.Use.Note(UnitBits.UnitOf(first), store.NowUnixMs);
        store.NoteBusy();
        // A block that was dropped while it was read (by a failed sync, say) does not count.
        var kept = first;
        while (kept < end && content.HasOwn(kept))
        {
            kept++;
        }

        return kept == first ? -1 : (int)Math.Min(to.Length, OffsetOf(kept) - offset);
    }

    /// <summary>Blocks dropped so far in the units of these bytes; it only grows.</summary>
    private static int DropsIn(LiveContent live, int first, int bytes)
    {
        var sum = 0;
        var last = Math.Min(live.Blocks.UnitCount - 1, UnitBits.UnitOf(first + (bytes / PieceLayout.BlockSize) + 1));
        for (var unit = UnitBits.UnitOf(first); unit <= last; unit++)
        {
            sum += live.Blocks.Unit(unit)?.Drops ?? 0;
        }

        return sum;
    }

    private static long OffsetOf(int block) => (long)block * PieceLayout.BlockSize;

    /// <returns>Bytes read: fewer than asked for where the file ends or fails.</returns>
    private static int ReadFile(LiveContent live, long offset, Span<byte> to, out Exception? fault)
    {
        fault = null;
        var got = 0;
        try
        {
            while (got < to.Length)
            {
                var n = live.File.Read(to[got..], offset + got);
                if (n <= 0)
                {
                    break;
                }

                got += n;
            }
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            fault = e;
        }

        return got;
    }
}
