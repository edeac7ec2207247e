using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// The bytes of one resource version on this node: which blocks are here, who vouches for each, and where they lie (memory
/// or store). Sources complete blocks in it, readers read from it, and nothing leaves it but through <see cref="ReleaseGate"/>.
/// </summary>
/// <remarks>
/// Thread-safe: one lock, held for table look-ups and the events that tell of them (their order in the loop is the order of the
/// tables); hashing, copying and IO happen outside it. Blocks are file-relative.
/// The origin's bytes and the tree's bytes lie in two stored contents, so that provenance survives a restart by place:
/// what a peer delivered is filed under the tree that proved it and is never taken for the origin's.
/// </remarks>
public sealed partial class FileContent
{
    private readonly Lock _gate = new();
    private readonly long _memoryLimitBytes;
    private readonly Dictionary<int, ContentSlot> _slots = [];
    private readonly Stack<ContentSlot> _spare = new();
    private readonly Queue<int> _admittedInMemory = new();
    private readonly BlockBits _fromOrigin;
    private readonly BlockBits _fromTree;
    private readonly StoredContent? _originStore;
    private StoredContent? _treeStore;
    private TreeBinding? _tree;
    private bool _falsified;
    private int[]? _deliveredBy;
    private ResourceReader[] _readers = [];
    private long _memoryBytes;
    private Attachment? _attachment;

    /// <param name="originStore">Where the origin's blocks lie between runs; null for memory only.</param>
    internal FileContent(ResourceVersion version, StoredContent? originStore, SwarmMetrics metrics, long memoryLimitBytes)
    {
        Version = version;
        Counters = new(metrics);
        _memoryLimitBytes = memoryLimitBytes;
        _originStore = originStore;
        BlockCount = (int)((version.Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
        _fromOrigin = new(BlockCount);
        _fromTree = new(BlockCount);
        if (originStore is not null)
        {
            foreach (var run in originStore.PresentRuns())
            {
                for (var b = run.First; b < run.End; b++)
                {
                    _fromOrigin.Add(b);
                }
            }
        }
    }

    public ResourceVersion Version { get; private set; }

    public long Length => Version.Length;

    public int BlockCount { get; }

    /// <summary>Set once two answers under one validator, or an answer and the tree, contradicted each other.</summary>
    public bool Falsified
    {
        get
        {
            lock (_gate)
            {
                return _falsified;
            }
        }
    }

    public bool TreeConfirmed
    {
        get
        {
            lock (_gate)
            {
                return _tree is { Confirmed: true };
            }
        }
    }

    /// <summary>Blocks here, in memory or in the store.</summary>
    public int PresentBlocks
    {
        get
        {
            lock (_gate)
            {
                var n = _fromOrigin.Population;
                foreach (var run in _fromTree.Runs())
                {
                    for (var b = run.First; b < run.End; b++)
                    {
                        n += _fromOrigin[b] ? 0 : 1;
                    }
                }

                return n;
            }
        }
    }

    internal Attachment? Attachment
    {
        get
        {
            lock (_gate)
            {
                return _attachment;
            }
        }
    }

    internal TreeBinding? Tree
    {
        get
        {
            lock (_gate)
            {
                return _tree;
            }
        }
    }

    /// <summary>Bytes in <paramref name="block"/>.</summary>
    public int BlockBytes(int block) => (int)Math.Min(PieceLayout.BlockSize, Length - ((long)block * PieceLayout.BlockSize));

    /// <summary>True if any byte of the range is missing here.</summary>
    public bool LacksAny(ByteRange range)
    {
        var run = PieceLayout.BlocksOver(range);
        lock (_gate)
        {
            for (var b = run.First; b < run.End; b++)
            {
                if (!IsPresent(b))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Offset of the first byte of the range that is not here, or the range's end.</summary>
    public long FirstMissing(ByteRange range)
    {
        var run = PieceLayout.BlocksOver(range);
        lock (_gate)
        {
            for (var b = run.First; b < run.End; b++)
            {
                if (!IsReleasable(b))
                {
                    return Math.Max(range.Offset, (long)b * PieceLayout.BlockSize);
                }
            }
        }

        return range.End;
    }

        // --- Tree

    /// <summary>
    /// Binds a tree. Blocks that peers proved against it in earlier runs become present; blocks of the origin that contradict it falsify it.
    /// </summary>
    internal void BindTree(TreeBinding tree, StoredContent? treeStore)
    {
        lock (_gate)
        {
            if (_tree is not null || _falsified)
            {
                return;
            }

            _tree = tree;
            _treeStore = treeStore;
            Version = Version with { Infohash = tree.Metainfo.InfoHash.Id, Authority = tree.Authority };
            if (treeStore is not null)
            {
                foreach (var run in treeStore.PresentRuns())
                {
                    for (var b = run.First; b < run.End; b++)
                    {
                        if (treeStore.TryGetLeaf(b, out var leaf))
                        {
                            tree.Learn(b, leaf);
                            _fromTree.Add(b);
                        }
                    }
                }
            }
        }

        CompareOriginBlocks(0, BlockCount);
        WakeAll();
    }

    /// <summary>The leaf hash that the tree gives for the block, if it was learned yet.</summary>
    internal bool TryTreeLeaf(int block, out Hash256 leaf)
    {
        lock (_gate)
        {
            if (_tree is { } tree)
            {
                return tree.TryLeaf(block, out leaf);
            }
        }

        leaf = default;
        return false;
    }

    /// <summary>An answer to a request without credentials named this version: its bytes are no secret after all.</summary>
    internal void RaiseShareable()
    {
        lock (_gate)
        {
            Version = Version with { Shareable = true };
        }
    }

    /// <summary>Raises the authority of a tree that was published with less: a later answer over TLS, or the user.</summary>
    internal void RaiseAuthority(Authority authority)
    {
        lock (_gate)
        {
            if (_tree is { } tree && authority > tree.Authority)
            {
                tree.Authority = authority;
                Version = Version with { Authority = authority };
            }
        }
    }

    /// <summary>Records verified leaves and settles every block that waited for them.</summary>
    /// <param name="first">First block of the file.</param>
    internal void LearnLeaves(int first, ReadOnlySpan<Hash256> leaves, int giver)
    {
        var end = Math.Min(BlockCount, first + leaves.Length);
        lock (_gate)
        {
            if (_tree is not { } tree)
            {
                return;
            }

            for (var b = first; b < end; b++)
            {
                tree.Learn(b, leaves[b - first]);
            }
        }

        Post(EventKind.HashesKnown, giver, first, end - first);
        SettleHeld(first, end);
        CompareOriginBlocks(first, end);
    }

    // --- Blocks

    /// <summary>
    /// A whole block of the origin's own answer. It is releasable by that alone; where the tree knows its leaf it confirms
    /// the tree or falsifies it. Takes a reference of its own to the buffer.
    /// </summary>
    /// <returns>False if the block joins nothing here: it contradicts what is known, and only the client of that very answer may have it.</returns>
    internal bool CompleteOrigin(int block, BlockBuffer buffer, int bytes, int source)
    {
        var leaf = MerkleTree.Leaf(buffer.Span[..bytes]);
        var contradiction = false;
        var admitted = false;
        var confirmedNow = false;
        lock (_gate)
        {
            if (_falsified)
            {
                return false;
            }

            if (_tree is { } tree && tree.TryLeaf(block, out var expected))
            {
                contradiction = expected != leaf;
                confirmedNow = !contradiction && !tree.Confirmed;
                tree.Confirmed |= !contradiction;
            }
            else if (_fromOrigin[block] && KnownOriginLeaf(block) is { } earlier)
            {
                contradiction = earlier != leaf;
            }

            if (!contradiction && !IsPresent(block))
            {
                DropSlot(block);
                _fromOrigin.Add(block);
                Deliver(block, source);
                buffer.AddReference();
                Place(block, buffer, bytes, source, leaf, admitted: true);
                admitted = true;
            }

            if (!contradiction)
            {
                // Under the lock, so that no Lost of the same block can come before it.
                Post(EventKind.Admitted, source, block);
            }
        }

        if (contradiction)
        {
            Falsify();
            return false;
        }

        if (admitted)
        {
            Keep(block, buffer, leaf, _originStore);
        }
        else
        {
            Counters.Duplicate(bytes);
        }

        Wake(block);
        if (confirmedNow)
        {
            WakeAll();
        }

        return true;
    }

    /// <summary>A whole block of a peer. Takes over the buffer. Posts what became of it, <see cref="EventKind.Arrived"/> first.</summary>
    /// <returns>False if the block is known to be wrong.</returns>
    internal bool CompletePeer(int block, BlockBuffer buffer, int bytes, int source, in Hash256 leaf)
    {
        Post(EventKind.Arrived, source, block, bytes);
        var corrupt = false;
        var admitted = false;
        var duplicate = false;
        lock (_gate)
        {
            if (_tree is not { } tree || _falsified || IsPresent(block) || _slots.ContainsKey(block))
            {
                duplicate = true;
            }
            else if (tree.TryLeaf(block, out var expected))
            {
                corrupt = expected != leaf;
                if (!corrupt)
                {
                    _fromTree.Add(block);
                    Deliver(block, source);
                    Place(block, buffer, bytes, source, leaf, admitted: true);
                    Post(EventKind.Admitted, source, block);
                    admitted = true;
                }
            }
            else
            {
                Place(block, buffer, bytes, source, leaf, admitted: false);
            }
        }

        if (duplicate || corrupt)
        {
            buffer.Release();
            if (duplicate)
            {
                Counters.Duplicate(bytes);
            }
            else
            {
                Counters.Rejected(bytes);
                Post(EventKind.Corrupt, source, block);
            }
        }
        else if (admitted)
        {
            Counters.Verified(bytes);
            Keep(block, buffer, leaf, _treeStore);
            Wake(block);
        }
        else
        {
            SettlePiece(block);
        }

        return !corrupt;
    }

    /// <summary>Called when a reader has left the block behind.</summary>
    internal void ReaderPassed(int block)
    {
        lock (_gate)
        {
            if (_slots.TryGetValue(block, out var slot) && slot.Admitted && !IsNeeded(block) && Evict(block, slot))
            {
                PostLost(block);
            }
        }
    }

    /// <summary>Gives memory back: blocks that the store has, oldest first, until the limit is kept; with <paramref name="all"/>, every one that no reader needs.</summary>
    internal void TrimMemory(bool all)
    {
        lock (_gate)
        {
            for (var left = _admittedInMemory.Count; left > 0 && (all || _memoryBytes > _memoryLimitBytes); left--)
            {
                var block = _admittedInMemory.Dequeue();
                if (!_slots.TryGetValue(block, out var slot) || !slot.Admitted)
                {
                    continue;
                }

                var stored = StoreOf(block)?.Has(block) ?? false;
                if (stored ? all && IsNeeded(block) : slot.Enqueued || IsNeeded(block))
                {
                    _admittedInMemory.Enqueue(block);
                }
                else if (Evict(block, slot))
                {
                    PostLost(block);
                }
            }
        }
    }

    /// <summary>The store proved a block of an earlier, unclean run: it is here after all.</summary>
    internal void OnStoreRecovered(StoredContent store, int block)
    {
        lock (_gate)
        {
            if (_falsified || IsPresent(block))
            {
                return;
            }

            if (ReferenceEquals(store, _originStore))
            {
                _fromOrigin.Add(block);
            }
            else if (ReferenceEquals(store, _treeStore) && _tree is { } tree && store.TryGetLeaf(block, out var leaf))
            {
                tree.Learn(block, leaf);
                _fromTree.Add(block);
            }
            else
            {
                return;
            }
        }

        Post(EventKind.Admitted, -1, block);
        Wake(block);
    }

    internal bool Uses(StoredContent store) => ReferenceEquals(store, _originStore) || ReferenceEquals(store, _treeStore);

    /// <summary>Lets go of the store's files; nothing reads this content any more.</summary>
    internal void Release()
    {
        StoredContent? tree;
        lock (_gate)
        {
            foreach (var block in _slots.Keys.ToArray())
            {
                DropSlot(block);
            }

            tree = _treeStore;
            _treeStore = null;
        }

        tree?.Dispose();
        _originStore?.Dispose();
    }

    // --- Inside the lock

    private StoredContent? StoreOf(int block) => _fromOrigin[block] ? _originStore : _treeStore;

    /// <summary>Drops the memory of an admitted block; true if that was all there was of it.</summary>
    private bool Evict(int block, ContentSlot slot)
    {
        if (StoreOf(block)?.Has(block) == true)
        {
            DropSlot(block);
            return false;
        }

        // On its way to the disk: the janitor comes back for it.
        return !slot.Enqueued && Forget(block);
    }

    private bool IsPresent(int block) => _fromOrigin[block] || _fromTree[block];

    private Provenance ProvenanceOf(int block) =>
        _fromOrigin[block] ? Provenance.Origin : _fromTree[block] ? Provenance.Verified : Provenance.None;

    private bool IsReleasable(int block) =>
        ReleaseGate.MayRelease(ProvenanceOf(block), _tree?.Authority ?? Authority.None, _tree?.Confirmed ?? false, _falsified);

    private bool IsNeeded(int block)
    {
        foreach (var r in _readers)
        {
            if (r.Needs(block))
            {
                return true;
            }
        }

        return false;
    }

    private Hash256? KnownOriginLeaf(int block) =>
        _slots.TryGetValue(block, out var slot) && slot.Admitted ? slot.Leaf
        : _originStore is { } store && store.TryGetLeaf(block, out var leaf) ? leaf
        : null;

    private void Place(int block, BlockBuffer buffer, int bytes, int source, in Hash256 leaf, bool admitted)
    {
        var slot = _spare.Count > 0 ? _spare.Pop() : new ContentSlot();
        buffer.Length = bytes;
        slot.Buffer = buffer;
        slot.Bytes = bytes;
        slot.Source = source;
        slot.Leaf = leaf;
        slot.Admitted = admitted;
        _slots.Add(block, slot);
        _memoryBytes += PieceLayout.BlockSize;
    }

    private void DropSlot(int block)
    {
        if (_slots.Remove(block, out var slot))
        {
            _memoryBytes -= PieceLayout.BlockSize;
            slot.Buffer?.Release();
            slot.Reset();
            _spare.Push(slot);
        }
    }

    /// <summary>Drops a block altogether; true if it was present.</summary>
    private bool Forget(int block)
    {
        DropSlot(block);
        var origin = _fromOrigin.Remove(block);
        return _fromTree.Remove(block) || origin;
    }

    private void Deliver(int block, int source)
    {
        _deliveredBy ??= NewDeliveries();
        _deliveredBy[block] = source;
    }

    private int DeliveredBy(int block) => _deliveredBy is null ? -1 : _deliveredBy[block];

    private int[] NewDeliveries()
    {
        var table = new int[BlockCount];
        Array.Fill(table, -1);
        return table;
    }

    // --- Outside the lock

    /// <summary>Offers an admitted block to the store and keeps memory within its limit. A slow or full disk drops this side, never the client.</summary>
    private void Keep(int block, BlockBuffer buffer, in Hash256 leaf, StoredContent? store)
    {
        var enqueued = store?.TryEnqueue(block, buffer, leaf) ?? false;
        bool full;
        lock (_gate)
        {
            if (_slots.TryGetValue(block, out var slot) && ReferenceEquals(slot.Buffer, buffer))
            {
                slot.Enqueued = enqueued;
                _admittedInMemory.Enqueue(block);
            }

            full = _memoryBytes > _memoryLimitBytes;
        }

        if (full)
        {
            TrimMemory(all: false);
        }
    }

    private void SettleHeld(int first, int end)
    {
        for (var block = first; block < end; block++)
        {
            BlockBuffer? buffer = null;
            var source = 0;
            var bytes = 0;
            Hash256 leaf = default;
            var ok = false;
            lock (_gate)
            {
                if (_tree is not { } tree || !_slots.TryGetValue(block, out var slot) || slot.Admitted || !tree.TryLeaf(block, out var expected))
                {
                    continue;
                }

                (source, bytes, leaf, ok) = (slot.Source, slot.Bytes, slot.Leaf, slot.Leaf == expected);
                if (ok)
                {
                    slot.Admitted = true;
                    buffer = slot.Buffer;
                    _fromTree.Add(block);
                    Deliver(block, source);
                    buffer!.AddReference();
                    Post(EventKind.Admitted, source, block);
                }
                else
                {
                    DropSlot(block);
                }
            }

            if (ok)
            {
                Counters.Verified(bytes);
                Keep(block, buffer!, leaf, _treeStore);
                buffer!.Release();
                Wake(block);
            }
            else
            {
                Counters.Rejected(bytes);
                Post(EventKind.Corrupt, source, block);
            }
        }
    }

    /// <summary>Compares blocks that the origin delivered before their leaves were known. Confirms the tree, or falsifies it.</summary>
    private void CompareOriginBlocks(int first, int end)
    {
        var confirmedNow = false;
        var contradiction = false;
        lock (_gate)
        {
            if (_tree is not { } tree)
            {
                return;
            }

            for (var block = first; block < end && !contradiction; block++)
            {
                if (_fromOrigin[block] && tree.TryLeaf(block, out var expected) && KnownOriginLeaf(block) is { } leaf)
                {
                    contradiction = leaf != expected;
                    confirmedNow |= !contradiction && !tree.Confirmed;
                    tree.Confirmed |= !contradiction;
                }
            }
        }

        if (contradiction)
        {
            Falsify();
        }
        else if (confirmedNow)
        {
            WakeAll();
        }
    }
}
