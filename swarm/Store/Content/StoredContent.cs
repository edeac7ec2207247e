using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// One content in the store: a sparse file of 16 KiB blocks, each present, suspect or absent. Got from
/// <see cref="PieceStore.Open"/> or <see cref="PieceStore.Find"/>; every one got is disposed once.
/// </summary>
/// <remarks>
/// Any thread. The bits of a block change under the content's lock, which is never held across block IO; reading takes
/// no lock. A block that is present never changes.
/// </remarks>
public sealed class StoredContent : IDisposable
{
    private readonly StoreContext _store;
    private readonly ContentPins _pins;
    private readonly BlockChanges _changes;
    private readonly BlockReader _reader;
    private LiveContent? _live;
    private AdoptedFile? _adopted;

    internal StoredContent(StoreContext store, ContentPins pins, ContentRow row, string path)
    {
        _store = store;
        _pins = pins;
        Key = row.Key;
        Path = path;
        Layout = UnitBits.Layout(row.Length);
        Record = new ContentRecord(row);
        Use = new UnitUse(Layout.PieceCount, Record);
        _adopted = store.Adoptions.Find(row.Key);
        var damage = new DamageNotice(store.Monitor, path);
        _changes = new BlockChanges(this, store);
        _reader = new BlockReader(this, _changes, damage, store);
        Writes = new ContentWrites(this, store, _changes, damage);
        Lifecycle = new ContentLifecycle(this, store, Writes, damage);
    }

    public string Key { get; }

    public long Length => Layout.Length;

    public int BlockCount => Layout.BlockCount;

    /// <summary>Bytes kept, those that are still suspect included.</summary>
    public long StoredBytes => Record.StoredBytes;

    internal string Path { get; }

    internal PieceLayout Layout { get; }

    /// <summary>The content's lock: the states of its blocks, its record, and which file is live.</summary>
    internal Lock Gate { get; } = new();

    internal ContentRecord Record { get; }

    /// <summary>When which part was used.</summary>
    internal UnitUse Use { get; }

    internal ContentWrites Writes { get; }

    internal ContentLifecycle Lifecycle { get; }

    /// <summary>Null while closed. <see cref="Lifecycle"/> alone sets it.</summary>
    internal LiveContent? Live
    {
        get => Volatile.Read(ref _live);
        set => Volatile.Write(ref _live, value);
    }

    internal bool IsLive => Live is not null;

    /// <summary>The user's file that has blocks of this content; null if none was lent.</summary>
    internal AdoptedFile? Adopted
    {
        get => Volatile.Read(ref _adopted);
        set => Volatile.Write(ref _adopted, value);
    }

    /// <summary>True once the store forgot it. <see cref="Lifecycle"/> alone sets it.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>True if it is not to be believed any more.</summary>
    internal bool IsCondemned => Record.Metadata == ContentRecord.Condemned;

    /// <summary>Holders. Under the catalogue's lock.</summary>
    internal int Pins { get; set; }

    /// <summary>Under the write queue's lock.</summary>
    internal bool IsListedDirty { get; set; }

    /// <summary>True if the block can be read: it was written by this process, or proved against its leaf hash, or the last run ended cleanly.</summary>
    public bool Has(int block) => HasOwn(block) || HasAdopted(block);

    /// <summary>True if the block is present; re-hashes it first if it is suspect. Reads the disk then.</summary>
    public bool Verify(int block) => _reader.Verify(block) || HasAdopted(block);

    /// <summary>A block of the lent file hashes to this leaf of the tree: it can be read from now on.</summary>
    public void AdmitAdopted(int block, in Hash256 leaf)
    {
        if (Adopted is { } adopted && (uint)block < (uint)BlockCount && !HasOwn(block))
        {
            adopted.Admit(block, leaf);
            _store.Events.RaiseRecovered(this, block);
        }
    }

    /// <summary>
    /// All of the lent file hashes to these leaves of the tree: it can be read from now on. Who has the content open already is not told.
    /// </summary>
    /// <exception cref="ArgumentException">There are more leaves than blocks, or fewer.</exception>
    public void AdmitAllAdopted(ReadOnlySpan<Hash256> leaves)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(leaves.Length, BlockCount);
        Adopted?.AdmitAll(leaves);
    }

    /// <summary>Every present block is suspect again: each is re-hashed before it is read, and dropped if it fails.</summary>
    public void Doubt()
    {
        if (Live is { } live)
        {
            _changes.DoubtAll(live);
        }
    }

    /// <summary>The blocks that can be read, as runs in rising order: a snapshot.</summary>
    public IReadOnlyList<BlockRun> PresentRuns() => Adopted is null ? Live?.Blocks.Runs(static u => u.Present) ?? [] : RunsWithAdopted();

    /// <summary>The blocks that may become present once re-hashed (<see cref="Verify"/>), as runs in rising order: a snapshot.</summary>
    public IReadOnlyList<BlockRun> SuspectRuns() => Live?.Blocks.Runs(static u => u.Suspect) ?? [];

    /// <summary>The leaf hash of a present block.</summary>
    public bool TryGetLeaf(int block, out Hash256 leaf)
    {
        leaf = default;
        return (uint)block < (uint)BlockCount
            && ((Live is { } live && live.Blocks.TryGetLeaf(block, out leaf)) || (Adopted is { } adopted && adopted.TryGetLeaf(block, out leaf)));
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
    public bool TryEnqueue(int block, ReadOnlyMemory<byte> bytes, in Hash256 leaf, Action<bool> done)
    {
        ThrowIfNotTheBlock(block, bytes);
        return !HasAdopted(block) && _changes.Begin(block, bytes, leaf, done, null) == StoreAnswer.Taken;
    }

    /// <summary>
    /// The same with a shared buffer, which the writer holds a reference to until it is done with what it took. Allocates nothing.
    /// </summary>
    /// <exception cref="ArgumentException">The block is not in the content, or the buffer is not filled to its length.</exception>
    public StoreAnswer Offer(int block, BlockBuffer buffer, in Hash256 leaf)
    {
        ThrowIfNotTheBlock(block, buffer.Filled);
        if (HasAdopted(block))
        {
            return StoreAnswer.No;
        }

        buffer.AddReference();
        var answer = _changes.Begin(block, buffer.Filled, leaf, null, buffer);
        if (answer != StoreAnswer.Taken)
        {
            buffer.Release();
        }

        return answer;
    }

    /// <summary>
    /// Reads from one block, synchronously. A suspect block is re-hashed first; one that fails is dropped and reported
    /// by <see cref="PieceStore.Lost"/>.
    /// </summary>
    /// <returns>Bytes read, up to the end of the block; -1 if the block is not present.</returns>
    public int Read(int block, int offset, Span<byte> to) => _reader.Read(block, offset, to) is >= 0 and var read ? read : ReadAdopted(block, offset, to);

    /// <summary>Reads across blocks, synchronously, up to the first that is not present. Made for 64–256 KiB at a time.</summary>
    /// <returns>Bytes read; -1 if the block of <paramref name="offset"/> is not present.</returns>
    public int ReadRun(long offset, Span<byte> to) => _reader.ReadRun(offset, to) is >= 0 and var read ? read
        : offset < 0 || offset >= Length ? -1
        : ReadAdopted((int)(offset / PieceLayout.BlockSize), (int)(offset % PieceLayout.BlockSize), to);

    /// <summary>What the owner keeps beside the blocks: headers, version, authority. Durable with the next flush.</summary>
    public void SetMetadata(string? text)
    {
        lock (Gate)
        {
            if (Record.Metadata == text)
            {
                return;
            }

            Record.Metadata = text;
        }

        Writes.MarkRowDirty();
    }

    public string? GetMetadata() => Record.Metadata;

    /// <summary>
    /// Its bytes are contradicted: it is forgotten, at the latest when the store is opened next, even if this process is killed now.
    /// Who reads it may go on; <see cref="PieceStore.Delete"/> forgets it before.
    /// </summary>
    public void Condemn()
    {
        SetMetadata(ContentRecord.Condemned);
        _ = _store.Queue.FlushAsync();
    }

    /// <summary>The block is about to be read: evicted after those used earlier.</summary>
    public void NoteUse(int block)
    {
        if ((uint)block < (uint)BlockCount)
        {
            Use.Note(UnitBits.UnitOf(block), _store.NowUnixMs);
        }
    }

    /// <summary>Used now: evicted after those used earlier.</summary>
    public void Touch()
    {
        Record.LastUsedUnixMs = _store.NowUnixMs;
        Writes.MarkRowDirty();
    }

    /// <summary>One holder less. Without holders a content may be evicted; one without any block is forgotten at once.</summary>
    public void Dispose() => _pins.Remove(this);

    /// <summary>Re-hashes a present block, and drops it if its bytes are not what was written. True if so. Does not count as use.</summary>
    internal bool DropIfRotten(int block) => _reader.DropIfRotten(block);

    /// <summary>Evicted: the unit's blocks are absent. The writer's.</summary>
    internal void DropUnit(LiveContent live, int unit) => _changes.DropUnit(live, unit);

    /// <summary>The lent file is gone: what only it had is lost.</summary>
    internal void EndAdoption()
    {
        if (Interlocked.Exchange(ref _adopted, null) is not { } adopted)
        {
            return;
        }

        for (var block = 0; block < BlockCount; block++)
        {
            if (adopted.Drop(block) && !HasOwn(block))
            {
                _store.Events.RaiseLost(this, block);
            }
        }
    }

    /// <summary>Under the catalogue's lock.</summary>
    internal ContentSummary Summarise() => new(
        Key, Length, StoredBytes, DateTimeOffset.FromUnixTimeMilliseconds(Record.LastUsedUnixMs), Pins > 0, Record.Metadata);

    /// <summary>True if the store's own file has it, and not the user's alone.</summary>
    internal bool HasOwn(int block) => (uint)block < (uint)BlockCount && Live is { } live && live.Blocks.Has(block);

    private bool HasAdopted(int block) => Adopted is { } adopted && (uint)block < (uint)BlockCount && adopted.Has(block);

    /// <summary>Reads from the user's file; a block that changed there is lost here.</summary>
    private int ReadAdopted(int block, int within, Span<byte> to)
    {
        if (!HasAdopted(block) || (uint)within >= (uint)Layout.BlockBytes(block) || Adopted is not { } adopted)
        {
            return -1;
        }

        var read = adopted.Read(block, within, to);
        if (read < 0 && adopted.Drop(block))
        {
            _store.Events.RaiseLost(this, block);
        }

        return read;
    }

    private List<BlockRun> RunsWithAdopted()
    {
        var runs = new List<BlockRun>();
        for (var block = 0; block < BlockCount; block++)
        {
            if (!Has(block))
            {
                continue;
            }

            if (runs.Count > 0 && runs[^1].End == block)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            }
            else
            {
                runs.Add(new BlockRun(block, 1));
            }
        }

        return runs;
    }

    private void ThrowIfNotTheBlock(int block, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, BlockCount);
        if (bytes.Length != Layout.BlockBytes(block))
        {
            throw new ArgumentException($"block {block} is {Layout.BlockBytes(block)} bytes long, not {bytes.Length}", nameof(bytes));
        }
    }
}
