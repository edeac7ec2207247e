namespace Swarm.Core;

/// <summary>The whole state of a swarm's scheduling, in tables; reducers are functions over it. No behaviour of its own beyond emitting.</summary>
internal sealed class SwarmTables
{
    private long _now;
    private long _memoryWindowBytes;
    private int _originRunsAllowed = int.MaxValue;
    private long _originHeldUntilMicros;
    private long _hedgeTokensBytes;
    private long _wakeAtMicros;
    private long _capacityBytesPerSecond;
    private long _originBytesPerSecond;
    private bool _peersPresent;
    private bool _peersUseful;
    private int _tradedPiece = -1;
    private SplitMix64 _random;
    private LinkMeter _link;
    private DecisionBuffer? _out;

    public SwarmTables(ContentLayout layout, ulong seed, SchedulerOptions options, ITransferPredictor predictor, ISchedulingPolicy policy)
    {
        Layout = layout;
        Options = options;
        Predictor = predictor;
        Policy = policy;
        Blocks = new(layout);
        Sources = new(layout);
        Hashes = new(layout);
        View = new(this);
        _random = new(seed);
        _memoryWindowBytes = options.MemoryWindowBytes;
        _hedgeTokensBytes = (long)options.HedgeBurstBlocks * PieceLayout.BlockSize;
    }

    public ContentLayout Layout { get; }
    public SchedulerOptions Options { get; }
    public ITransferPredictor Predictor { get; }
    public ISchedulingPolicy Policy { get; }
    public BlockTable Blocks { get; }
    public SourceTable Sources { get; }
    public ReaderTable Readers { get; } = new();
    public HashTable Hashes { get; }
    public OriginRuns Runs { get; } = new();
    public Trials Trials { get; } = new();
    public CrowdTable Crowd { get; } = new();
    public AssignmentView View { get; }

    public ref LinkMeter Link => ref _link;

    /// <summary>Time of the event under way.</summary>
    public long Now { get => _now; set => _now = value; }
    public long MemoryWindowBytes { get => _memoryWindowBytes; set => _memoryWindowBytes = value; }
    public int OriginRunsAllowed { get => _originRunsAllowed; set => _originRunsAllowed = value; }
    public long OriginHeldUntilMicros { get => _originHeldUntilMicros; set => _originHeldUntilMicros = value; }
    public long HedgeTokensBytes { get => _hedgeTokensBytes; set => _hedgeTokensBytes = value; }

    /// <summary>When the shell was last told to wake us; 0 = it was not.</summary>
    public long WakeAtMicros { get => _wakeAtMicros; set => _wakeAtMicros = value; }

    /// <summary>Sum of the effective rates of the proven block sources.</summary>
    public long CapacityBytesPerSecond { get => _capacityBytesPerSecond; set => _capacityBytesPerSecond = value; }

    /// <summary>
    /// What an origin of this swarm last showed: every response brings an origin source of its own, and they are the same server.
    /// The prior until then.
    /// </summary>
    public long OriginBytesPerSecond
    {
        get => _originBytesPerSecond > 0 ? _originBytesPerSecond : Options.PriorPlayBytesPerSecond;
        set => _originBytesPerSecond = value;
    }

    /// <summary>Some block source can be asked for something: then blocks are assigned one by one.</summary>
    public bool PeersPresent { get => _peersPresent; set => _peersPresent = value; }

    /// <summary>Some such source is not silent: the origin is not alone. While only suspects are left it carries everything.</summary>
    public bool PeersUseful { get => _peersUseful; set => _peersUseful = value; }

    /// <summary>The piece beyond the urgent window that is fetched for its rarity, where pieces verify whole; -1 for none.</summary>
    public int TradedPiece { get => _tradedPiece; set => _tradedPiece = value; }

    public int NextRandom(int bound) => _random.Next(bound);

    public void Begin(long nowMicros, DecisionBuffer decisions)
    {
        _now = Math.Max(_now, nowMicros);
        _out = decisions;
    }

    public void End() => _out = null;

    public void Emit(DecisionKind kind, int source, int first, int count, long atMicros) =>
        _out!.Add(new Decision(kind, source, first, count, new Instant(atMicros)));

    /// <summary>Adds one block to a run asked or cancelled in this same step, if it continues it.</summary>
    public void EmitBlock(DecisionKind kind, int source, int block, long atMicros)
    {
        if (!_out!.TryExtend(kind, source, block))
        {
            Emit(kind, source, block, 1, atMicros);
        }
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _now);
        codec.Value(ref _memoryWindowBytes);
        codec.Value(ref _originRunsAllowed);
        codec.Value(ref _originHeldUntilMicros);
        codec.Value(ref _hedgeTokensBytes);
        codec.Value(ref _wakeAtMicros);
        codec.Value(ref _capacityBytesPerSecond);
        codec.Value(ref _originBytesPerSecond);
        codec.Value(ref _peersPresent);
        codec.Value(ref _peersUseful);
        codec.Value(ref _tradedPiece);
        var random = _random.State;
        codec.Value(ref random);
        _random.State = random;
        _link.Exchange(ref codec);
        Blocks.Exchange(ref codec);
        Sources.Exchange(ref codec);
        Readers.Exchange(ref codec);
        Hashes.Exchange(ref codec);
        Runs.Exchange(ref codec);
        Trials.Exchange(ref codec);
        Crowd.Exchange(ref codec);
    }
}
