using System.Buffers;
using System.Numerics;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// One content in the store: a sparse file of 16 KiB blocks, each present, suspect or absent. Got from
/// <see cref="PieceStore.Open"/> or <see cref="PieceStore.Find"/>; every one got is disposed once.
/// </summary>
/// <remarks>
/// Any thread. The bits of a block change under the content's lock, which is never held across IO; reading takes no
/// lock. A block that is present never changes.
/// </remarks>
public sealed class StoredContent : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PieceStore _store;
    private readonly string _path;
    private LiveContent? _live;
    private string? _metadata;
    private long _storedBytes;
    private long _lastUsedUnixMs;
    private long _stamp;
    private bool _rowDirty;
    private bool _damageTold;

    internal StoredContent(PieceStore store, ContentRow row, string path)
    {
        _store = store;
        _path = path;
        Id = row.Id;
        Key = row.Key;
        Length = row.Length;
        BlockCount = (int)((row.Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
        _metadata = row.Metadata;
        _storedBytes = row.StoredBytes;
        _lastUsedUnixMs = row.LastUsedUnixMs;
        _stamp = row.Stamp;
    }

    public string Key { get; }

    public long Length { get; }

    public int BlockCount { get; }

    /// <summary>Bytes kept, those that are still suspect included.</summary>
    public long StoredBytes => Volatile.Read(ref _storedBytes);

    internal long Id { get; }

    /// <summary>Holders. Under the store's lock.</summary>
    internal int Pins { get; set; }

    /// <summary>Under the write queue's lock.</summary>
    internal bool IsListedDirty { get; set; }

    /// <summary>True once the store forgot it.</summary>
    internal bool IsRemoved { get; private set; }

    internal bool IsLive => Volatile.Read(ref _live) is not null;

    internal long LastUsedUnixMs => Volatile.Read(ref _lastUsedUnixMs);

    internal string Path => _path;

    /// <summary>True if the block can be read: it was written by this process, or proved against its leaf hash, or the last run ended cleanly.</summary>
    public bool Has(int block)
    {
        var live = Volatile.Read(ref _live);
        if (live is null || (uint)block >= (uint)BlockCount)
        {
            return false;
        }

        return live.Unit(UnitState.UnitOf(block)) is { } unit && (Volatile.Read(ref unit.Present) & UnitState.BitOf(block)) != 0;
    }

    /// <summary>True if the block is present; re-hashes it first if it is suspect. Reads the disk then.</summary>
    public bool Verify(int block)
    {
        if (Has(block))
        {
            return true;
        }

        var live = Volatile.Read(ref _live);
        if (live is null || !TryGetSuspect(live, block, out var leaf))
        {
            return false;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(PieceLayout.BlockSize);
        try
        {
            var span = bytes.AsSpan(0, BlockBytes(block));
            return Settle(live, block, passed: TryReadAll(live, OffsetOf(block), span, out _) == span.Length && MerkleTree.Leaf(span) == leaf);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The blocks that can be read, as runs in rising order: a snapshot.</summary>
    public IReadOnlyList<BlockRun> PresentRuns() => Runs(static u => Volatile.Read(ref u.Present));

    /// <summary>The blocks that may become present once re-hashed (<see cref="Verify"/>), as runs in rising order: a snapshot.</summary>
    public IReadOnlyList<BlockRun> SuspectRuns() => Runs(static u => Volatile.Read(ref u.Suspect));

    /// <summary>The leaf hash of a present block.</summary>
    public bool TryGetLeaf(int block, out Hash256 leaf)
    {
        leaf = default;
        var live = Volatile.Read(ref _live);
        if (live is null || !Has(block) || live.Unit(UnitState.UnitOf(block)) is not { } unit)
        {
            return false;
        }

        leaf = unit.Leaves[block % UnitRow.Blocks];
        return true;
    }

    /// <summary>
    /// Hands a verified block to the writer. Never waits: false means it will not be kept (it is kept already, the queue
    /// or the quota is full, the disk is in trouble) and the caller goes on as if nothing had been asked.
    /// </summary>
    /// <param name="block">Number in the content.</param>
    /// <param name="bytes">The whole block. Must not change until <paramref name="done"/> was called.</param>
    /// <param name="leaf">Its SHA-256, already checked by the caller.</param>
    /// <param name="done">Called once on the writer's thread if the result is true: whether the block is in the file. Must not block.</param>
    /// <exception cref="ArgumentException">The block is not in the content, or the bytes are not as long as it.</exception>
    public bool TryEnqueue(int block, ReadOnlyMemory<byte> bytes, in Hash256 leaf, Action<bool> done) =>
        TryEnqueue(block, bytes, leaf, done, null);

    /// <summary>The same with a shared buffer: if the result is true the writer holds a reference until it is done. Allocates nothing.</summary>
    /// <exception cref="ArgumentException">The block is not in the content, or the buffer is not filled to its length.</exception>
    public bool TryEnqueue(int block, BlockBuffer buffer, in Hash256 leaf)
    {
        buffer.AddReference();
        if (TryEnqueue(block, buffer.Filled, leaf, null, buffer))
        {
            return true;
        }

        buffer.Release();
        return false;
    }

    /// <summary>
    /// Reads from one block, synchronously. A suspect block is re-hashed first; one that fails is dropped and reported
    /// by <see cref="PieceStore.Lost"/>.
    /// </summary>
    /// <returns>Bytes read, up to the end of the block; -1 if the block is not present.</returns>
    public int Read(int block, int offset, Span<byte> to)
    {
        if ((uint)block >= (uint)BlockCount || (uint)offset >= (uint)BlockBytes(block))
        {
            return -1;
        }

        return ReadRun(OffsetOf(block) + offset, to[..Math.Min(to.Length, BlockBytes(block) - offset)]);
    }

    /// <summary>Reads across blocks, synchronously, up to the first that is not present. Made for 64–256 KiB at a time.</summary>
    /// <returns>Bytes read; -1 if the block of <paramref name="offset"/> is not present.</returns>
    public int ReadRun(long offset, Span<byte> to)
    {
        var live = Volatile.Read(ref _live);
        if (live is null || offset < 0 || offset >= Length)
        {
            return -1;
        }

        var first = (int)(offset / PieceLayout.BlockSize);
        to = to[..(int)Math.Min(to.Length, Length - offset)];
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
        var got = TryReadAll(live, offset, to, out var fault);
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
            var firstMissing = (int)((offset + got) / PieceLayout.BlockSize);
            TellDamage(fault);
            for (var block = firstMissing; block < end; block++)
            {
                Drop(live, block);
            }
        }

        // A block that was dropped while it was read (by a failed sync, say) does not count.
        var kept = first;
        while (kept < end && Has(kept))
        {
            kept++;
        }

        return kept == first ? -1 : (int)Math.Min(to.Length, OffsetOf(kept) - offset);
    }

    /// <summary>What the owner keeps beside the blocks: headers, version, authority. Durable with the next flush.</summary>
    public void SetMetadata(string? text)
    {
        lock (_gate)
        {
            if (_metadata == text)
            {
                return;
            }

            _metadata = text;
        }

        MarkRowDirty();
    }

    public string? GetMetadata() => Volatile.Read(ref _metadata);

    /// <summary>Used now: evicted after those used earlier.</summary>
    public void Touch()
    {
        Volatile.Write(ref _lastUsedUnixMs, _store.NowUnixMs);
        MarkRowDirty();
    }

    /// <summary>One holder less. Without holders a content may be evicted; one without any block is forgotten at once.</summary>
    public void Dispose() => _store.Unpin(this);

    internal ContentSummary Summarise() => new(
        Key, Length, StoredBytes, DateTimeOffset.FromUnixTimeMilliseconds(LastUsedUnixMs), Pins > 0, GetMetadata());

    /// <summary>Opens the file and takes over the rows of the index. Under the store's lock.</summary>
    /// <returns>True if some blocks have to be re-hashed.</returns>
    internal bool Load(IPieceIndex index, IFileSystem files)
    {
        var rows = index.LoadUnits(Id);
        var existed = files.Exists(_path);
        var file = files.Open(_path);
        LiveContent live;
        var doubt = Doubt.None;
        try
        {
            if (rows.Count > 0)
            {
                doubt = !existed ? Doubt.Vanished : file.Length != Length ? Doubt.Resized : file.Stamp != _stamp ? Doubt.Rewritten : Doubt.None;
            }

            if (file.Length != Length)
            {
                file.SetLength(Length);
            }

            live = new LiveContent(file, UnitState.UnitOf(BlockCount - 1) + 1);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        var suspect = Restore(live, rows, index.Epoch, doubt);
        if (doubt is Doubt.Vanished or Doubt.Resized)
        {
            TellDamage(null);
        }

        Volatile.Write(ref _live, live);
        return suspect;
    }

    /// <summary>Forgets what is only needed while open. Under the store's lock.</summary>
    /// <returns>False while blocks or rows are still on their way to the disk.</returns>
    internal bool TryRelease()
    {
        lock (_gate)
        {
            if (_live is not { } live)
            {
                return true;
            }

            if (live.InFlight > 0 || live.Unsynced.Count > 0 || live.DirtyUnits.Count > 0)
            {
                return false;
            }

            try
            {
                _stamp = live.File.Stamp;
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                // Without a stamp the blocks are re-hashed next time.
                _stamp = 0;
            }

            _rowDirty = true;
            Volatile.Write(ref _live, null);
            live.File.Dispose();
        }

        _store.Queue.AddDirty(this);
        return true;
    }

    /// <summary>The store forgets the content. Under the store's lock.</summary>
    /// <returns>False while blocks are with the writer.</returns>
    internal bool TryRemove()
    {
        lock (_gate)
        {
            if (_live is { InFlight: > 0 })
            {
                return false;
            }

            IsRemoved = true;
            _store.Ledger.Adjust(-_storedBytes);
            _storedBytes = 0;
            _live?.File.Dispose();
            Volatile.Write(ref _live, null);
            return true;
        }
    }

    /// <summary>Closes the file of a store that is thought dead.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _live?.File.Dispose();
            Volatile.Write(ref _live, null);
        }
    }

    /// <summary>The writer's part of <see cref="TryEnqueue(int, BlockBuffer, in Hash256)"/>: puts the bytes in the file.</summary>
    /// <returns>Null if the block is present now, else why not.</returns>
    internal Exception? Write(in WriteRequest request)
    {
        var live = request.Live;
        Exception? fault = null;
        try
        {
            if (live.File.Length < Length)
            {
                // Somebody shortened the file. Writing past its end would turn what is missing into zeros.
                TellDamage(null);
                DropAll(live);
                live.File.SetLength(Length);
            }

            live.File.Write(request.Bytes.Span, OffsetOf(request.Block));
        }
        catch (Exception e)
        {
            // Whatever it was, this block is not kept; the writer serves the others.
            fault = e;
        }

        var bit = UnitState.BitOf(request.Block);
        lock (_gate)
        {
            var unit = live.UnitOrNew(UnitState.UnitOf(request.Block));
            unit.InFlight &= ~bit;
            live.InFlight--;
            var isNew = (unit.Suspect & bit) == 0;
            if (fault is null)
            {
                unit.Leaves[request.Block % UnitRow.Blocks] = request.Leaf;
                unit.Suspect &= ~bit;
                Volatile.Write(ref unit.Present, unit.Present | bit);
                live.Unsynced.Add(request.Block);
                _storedBytes += isNew ? request.Bytes.Length : 0;
            }
            else if (isNew)
            {
                _store.Ledger.Adjust(-request.Bytes.Length);
            }
        }

        return fault;
    }

    /// <summary>Syncs what was written; the blocks may stand in the index from now on. The writer's alone.</summary>
    /// <returns>Null, or why the blocks written since the last sync had to be dropped.</returns>
    internal Exception? Sync()
    {
        var live = Volatile.Read(ref _live);
        if (live is null)
        {
            return null;
        }

        try
        {
            live.File.Sync();
        }
        catch (ObjectDisposedException) when (IsRemoved)
        {
            return null;
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // After a failed fsync the kernel may have thrown the pages away and call them clean: nothing written
            // since the last good sync can be believed, and asking again proves nothing.
            foreach (var block in live.Unsynced)
            {
                Drop(live, block);
            }

            live.Unsynced.Clear();
            return e;
        }

        lock (_gate)
        {
            foreach (var block in live.Unsynced)
            {
                var unit = live.UnitOrNew(UnitState.UnitOf(block));
                unit.Durable |= unit.Present & UnitState.BitOf(block);
                live.MarkDirty(UnitState.UnitOf(block));
            }

            live.Unsynced.Clear();
        }

        return null;
    }

    /// <summary>Adds the rows that are out of date. The writer's alone; the rows share the leaf tables, which only the writer changes.</summary>
    internal void CollectDirty(IndexBatch batch, long epoch)
    {
        lock (_gate)
        {
            if (IsRemoved)
            {
                return;
            }

            var any = _rowDirty;
            if (_live is { } live)
            {
                any |= live.DirtyUnits.Count > 0;
                foreach (var number in live.DirtyUnits)
                {
                    var unit = live.UnitOrNew(number);
                    unit.Dirty = false;
                    batch.Units.Add((Id, new UnitRow(number, epoch, unit.Durable | unit.Suspect, unit.Durable, unit.Leaves)));
                }

                live.DirtyUnits.Clear();
            }

            if (any)
            {
                _rowDirty = false;
                batch.Contents.Add(new ContentRow(Id, Key, Length, _metadata, _stamp, _storedBytes, _lastUsedUnixMs));
            }
        }
    }

    /// <summary>A commit failed: the unit's row is still out of date.</summary>
    internal void MarkUnitDirty(int unit)
    {
        lock (_gate)
        {
            _live?.MarkDirty(unit);
        }

        MarkRowDirty();
    }

    internal void MarkRowDirty()
    {
        lock (_gate)
        {
            _rowDirty = true;
        }

        _store.Queue.AddDirty(this);
    }

    /// <summary>The first suspect block at or after <paramref name="from"/>, or -1.</summary>
    internal int NextSuspect(int from)
    {
        var live = Volatile.Read(ref _live);
        for (var n = UnitState.UnitOf(from); live is not null && n < live.UnitCount; n++)
        {
            var bits = live.Unit(n) is { } unit ? Volatile.Read(ref unit.Suspect) : 0;
            if (n == UnitState.UnitOf(from))
            {
                bits &= ulong.MaxValue << (from % UnitRow.Blocks);
            }

            if (bits != 0)
            {
                return (n * UnitRow.Blocks) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return -1;
    }

    private enum Doubt
    {
        None,

        /// <summary>The file is not there: neither are its blocks.</summary>
        Vanished,

        /// <summary>The file has another length.</summary>
        Resized,

        /// <summary>The file was written after the store closed it.</summary>
        Rewritten,
    }

    private static long OffsetOf(int block) => (long)block * PieceLayout.BlockSize;

    private int BlockBytes(int block) => (int)Math.Min(PieceLayout.BlockSize, Length - OffsetOf(block));

    private bool TryEnqueue(int block, ReadOnlyMemory<byte> bytes, in Hash256 leaf, Action<bool>? done, BlockBuffer? buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, BlockCount);
        if (bytes.Length != BlockBytes(block))
        {
            throw new ArgumentException($"block {block} is {BlockBytes(block)} bytes long, not {bytes.Length}", nameof(bytes));
        }

        var bit = UnitState.BitOf(block);
        lock (_gate)
        {
            if (_live is not { } live || IsRemoved)
            {
                return false;
            }

            var unit = live.UnitOrNew(UnitState.UnitOf(block));
            if (((unit.Present | unit.InFlight) & bit) != 0)
            {
                return false;
            }

            // A suspect block counts already.
            var isNew = (unit.Suspect & bit) == 0;
            if (isNew && !_store.Ledger.TryTake(bytes.Length))
            {
                _store.AskForRoom();
                return false;
            }

            if (!_store.Monitor.Accepts() || !_store.Queue.TryAdd(new WriteRequest(this, live, block, bytes, leaf, done, buffer)))
            {
                _store.Ledger.Adjust(isNew ? -bytes.Length : 0);
                return false;
            }

            unit.InFlight |= bit;
            live.InFlight++;
            return true;
        }
    }

    private bool Restore(LiveContent live, IReadOnlyList<UnitRow> rows, long epoch, Doubt doubt)
    {
        long bytes = 0;
        ulong anySuspect = 0;
        foreach (var row in rows)
        {
            if (row.Unit >= live.UnitCount)
            {
                continue;
            }

            var present = row.Present & InContent(row.Unit);
            var trusted = row.Epoch == epoch && doubt == Doubt.None ? row.Trusted & present : 0;
            if (doubt == Doubt.Vanished)
            {
                present = 0;
            }

            var unit = new UnitState(row.Leaves) { Present = trusted, Durable = trusted, Suspect = present & ~trusted };
            live.Put(row.Unit, unit);
            anySuspect |= unit.Suspect;
            for (var bits = present; bits != 0; bits &= bits - 1)
            {
                bytes += BlockBytes((row.Unit * UnitRow.Blocks) + BitOperations.TrailingZeroCount(bits));
            }

            if (doubt != Doubt.None)
            {
                // The doubt must outlive this run: the row says trusted.
                live.MarkDirty(row.Unit);
            }
        }

        _store.Ledger.Adjust(bytes - _storedBytes);
        _storedBytes = bytes;
        if (doubt != Doubt.None)
        {
            MarkRowDirty();
        }

        return anySuspect != 0;
    }

    /// <summary>The bits of a unit that are blocks of the content.</summary>
    private ulong InContent(int unit)
    {
        var blocks = BlockCount - (unit * UnitRow.Blocks);
        return blocks >= UnitRow.Blocks ? ulong.MaxValue : (1UL << blocks) - 1;
    }

    private bool TryGetSuspect(LiveContent live, int block, out Hash256 leaf)
    {
        leaf = default;
        if ((uint)block >= (uint)BlockCount || live.Unit(UnitState.UnitOf(block)) is not { } unit)
        {
            return false;
        }

        lock (_gate)
        {
            leaf = unit.Leaves[block % UnitRow.Blocks];
            return (unit.Suspect & ~unit.InFlight & UnitState.BitOf(block)) != 0;
        }
    }

    /// <summary>Ends the doubt about a block, unless the writer did meanwhile.</summary>
    private bool Settle(LiveContent live, int block, bool passed)
    {
        var bit = UnitState.BitOf(block);
        lock (_gate)
        {
            if (_live != live)
            {
                return false;
            }

            var unit = live.UnitOrNew(UnitState.UnitOf(block));
            if ((unit.Suspect & ~unit.InFlight & bit) == 0)
            {
                return (unit.Present & bit) != 0;
            }

            if (passed)
            {
                unit.Suspect &= ~bit;
                unit.Durable |= bit;
                Volatile.Write(ref unit.Present, unit.Present | bit);
                live.MarkDirty(UnitState.UnitOf(block));
            }
        }

        if (passed)
        {
            _store.Queue.AddDirty(this);
            _store.RaiseRecovered(this, block);
        }
        else
        {
            Drop(live, block);
        }

        return passed;
    }

    private void DropAll(LiveContent live)
    {
        for (var n = 0; n < live.UnitCount; n++)
        {
            var bits = live.Unit(n) is { } unit ? Volatile.Read(ref unit.Present) | Volatile.Read(ref unit.Suspect) : 0;
            for (; bits != 0; bits &= bits - 1)
            {
                Drop(live, (n * UnitRow.Blocks) + BitOperations.TrailingZeroCount(bits));
            }
        }
    }

    /// <summary>The block is absent from now on, and whoever listens hears it.</summary>
    private void Drop(LiveContent live, int block)
    {
        var bit = UnitState.BitOf(block);
        lock (_gate)
        {
            var unit = live.UnitOrNew(UnitState.UnitOf(block));
            if (_live != live || ((unit.Present | unit.Suspect) & bit) == 0)
            {
                return;
            }

            Volatile.Write(ref unit.Present, unit.Present & ~bit);
            unit.Suspect &= ~bit;
            unit.Durable &= ~bit;
            live.MarkDirty(UnitState.UnitOf(block));
            _storedBytes -= BlockBytes(block);
            // While the writer has the block in hand its bytes stay counted for the new copy.
            if ((unit.InFlight & bit) == 0)
            {
                _store.Ledger.Adjust(-BlockBytes(block));
            }
        }

        _store.Queue.AddDirty(this);
        _store.RaiseLost(this, block);
    }

    private static int TryReadAll(LiveContent live, long offset, Span<byte> to, out Exception? fault)
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

    private List<BlockRun> Runs(Func<UnitState, ulong> bitsOf)
    {
        var runs = new List<BlockRun>();
        var live = Volatile.Read(ref _live);
        for (var n = 0; live is not null && n < live.UnitCount; n++)
        {
            var bits = live.Unit(n) is { } unit ? bitsOf(unit) : 0;
            var at = n * UnitRow.Blocks;
            while (bits != 0)
            {
                var gap = BitOperations.TrailingZeroCount(bits);
                bits >>>= gap;
                at += gap;
                var count = BitOperations.TrailingZeroCount(~bits);
                bits = count == UnitRow.Blocks ? 0 : bits >>> count;
                if (runs.Count > 0 && runs[^1].End == at)
                {
                    runs[^1] = runs[^1] with { Count = runs[^1].Count + count };
                }
                else
                {
                    runs.Add(new BlockRun(at, count));
                }

                at += count;
            }
        }

        return runs;
    }

    private void TellDamage(Exception? cause)
    {
        lock (_gate)
        {
            if (_damageTold)
            {
                return;
            }

            _damageTold = true;
        }

        _store.Monitor.Notice(
            StoreCondition.FileDamaged,
            cause is null
                ? $"The data file {_path} was shortened or removed by somebody else; the blocks it lost are fetched again when asked for."
                : $"The data file {_path} could not be read ({cause.Message}); the blocks it lost are fetched again when asked for. Check the disk.");
    }
}
