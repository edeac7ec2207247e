using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// The bytes of one resource version on this node: which blocks are here, who vouches for each, and where they lie (memory
/// or store). Sources complete blocks in it, readers read from it, and nothing leaves it but through <see cref="ReleaseGate"/>.
/// </summary>
/// <remarks>
/// Thread-safe: one lock, held for table look-ups only; hashing and copying happen outside it. Events are posted inside it, so
/// that the loop hears of changes in the order they happened; the lock is innermost but for the store's. Blocks are file-relative.
/// The origin's bytes and the tree's bytes lie in two stored contents, so that provenance survives a restart by place:
/// what a peer delivered is filed under the tree that proved it and is never taken for the origin's.
/// </remarks>
public sealed partial class FileContent
{
    private readonly Lock _gate = new();
    private readonly long _memoryLimitBytes;
    private readonly BlockMemory _memory;
    private readonly BlockBits _fromOrigin;
    private readonly BlockBits _fromTree;

    /// <summary>Blocks of the origin's own that were compared with the tree and agree.</summary>
    private readonly BlockBits _proven;

    /// <summary>Answers of which a block agreed with the tree.</summary>
    private readonly HashSet<int> _provenSources = [];

    /// <summary>Answers that brought the very bytes of another one, before their leaf was known: by answer, the first such block, whose proof is theirs as well.</summary>
    private readonly Dictionary<int, int> _echoes = [];

    /// <summary>More clients than a crowd has on one node; without a tree nobody ever takes them out.</summary>
    private const int MaxEchoes = 1_024;
    private readonly StoredContent? _originStore;
    private StoredContent? _treeStore;
    private TreeBinding? _tree;
    private bool _falsified;
    private int[]? _deliveredBy;
    private ResourceReader[] _readers = [];
    private Attachment? _attachment;
    private bool _released;

    /// <param name="originStore">Where the origin's blocks lie between runs; null for memory only.</param>
    internal FileContent(ResourceVersion version, StoredContent? originStore, SwarmMetrics metrics, StoreBacklog backlog, long memoryLimitBytes)
    {
        Version = version;
        Origins.Note(version.Url);
        Counters = new(metrics);
        _memoryLimitBytes = memoryLimitBytes;
        _originStore = originStore;
        BlockCount = (int)((version.Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
        _memory = new(BlockCount, backlog);
        _fromOrigin = new(BlockCount);
        _fromTree = new(BlockCount);
        _proven = new(BlockCount);
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

    /// <summary>Who its origin is.</summary>
    internal OriginServers Origins { get; } = new();

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

    /// <summary>True if this source delivered the block.</summary>
    internal bool IsFrom(int source, int block)
    {
        lock (_gate)
        {
            return IsPresent(block) && DeliveredBy(block) == source;
        }
    }

    // --- Inside the lock

    private bool IsPresent(int block) => _fromOrigin[block] || _fromTree[block];

    private Provenance ProvenanceOf(int block) =>
        _fromOrigin[block] ? Provenance.Origin : _fromTree[block] ? Provenance.Verified : Provenance.None;

    private bool IsReleasable(int block) =>
        ReleaseGate.MayRelease(ProvenanceOf(block), _tree?.Authority ?? Authority.None, _tree?.Confirmed ?? false, _falsified);

    /// <summary>The stored content that has the block, or would: the origin's own, unless only the tree's holds those very bytes.</summary>
    private StoredContent? StoreOf(int block) =>
        _fromOrigin[block] && (!_fromTree[block] || _originStore?.Has(block) == true) ? _originStore : _treeStore;

    private void Deliver(int block, int source)
    {
        if (_deliveredBy is null)
        {
            _deliveredBy = new int[BlockCount];
            Array.Fill(_deliveredBy, -1);
        }

        _deliveredBy[block] = source;
    }

    private int DeliveredBy(int block) => _deliveredBy is null ? -1 : _deliveredBy[block];
}
