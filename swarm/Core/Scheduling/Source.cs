namespace Swarm.Core;

/// <summary>
/// One source as the scheduler sees it: what it has, what was asked of it, how it behaved. What every decision reads for all
/// sources at once (<c>FreeAt</c>, <c>BlocksPerMicro</c>) lies in arrays of <see cref="SourceTable"/> instead.
/// </summary>
internal sealed class Source(int blocks, int pieces)
{
    private int _kind;
    private int _id;
    private bool _choked;
    private bool _banned;
    private bool _suspect;
    private bool _neverHashes;
    private bool _hasFast;
    private int _slots;
    private long _rttMicros;
    private long _lastArrivalMicros;
    private long _lastProgressMicros;
    private int _progressBlock;
    private int _progressBytes;
    private long _blocksReceived;
    private long _avoidUntilMicros;
    private int _rejects;
    private long _probeAgainMicros;
    private int _probes;
    private long _outstandingBytes;
    private long _joinedAtMicros;
    private long _heardAtMicros;
    private long _unansweredMicros;
    private ulong _crowdKey;
    private int _crowdRole;
    private long _pulseMicros;
    private long _burstAtMicros;
    private int _pulses;
    private int _pulseDepth;
    private int _burstAsked;
    private int _burstBlocks;

    public int Id { get => _id; set => _id = value; }
    public SourceKind Kind { get => (SourceKind)_kind; set => _kind = (int)value; }

    /// <summary>An origin serves runs; all other kinds serve blocks.</summary>
    public bool IsOrigin => Kind == SourceKind.Origin;
    public bool Choked { get => _choked; set => _choked = value; }
    public bool Banned { get => _banned; set => _banned = value; }

    /// <summary>It went silent with requests open. Only data clears it; until then it gets one block at the tail, now and then.</summary>
    public bool Suspect { get => _suspect; set => _suspect = value; }

    /// <summary>It will never answer hash requests (a connection that stayed v1, or no peer).</summary>
    public bool NeverHashes { get => _neverHashes; set => _neverHashes = value; }

    /// <summary>Requests it honours at once (reqq).</summary>
    public int Slots { get => _slots; set => _slots = value; }
    public long RttMicros { get => _rttMicros; set => _rttMicros = value; }
    public long LastArrivalMicros { get => _lastArrivalMicros; set => _lastArrivalMicros = value; }

    /// <summary>When the last byte of anything asked came.</summary>
    public long LastProgressMicros { get => _lastProgressMicros; set => _lastProgressMicros = value; }
    public int ProgressBlock { get => _progressBlock; set => _progressBlock = value; }
    public int ProgressBytes { get => _progressBytes; set => _progressBytes = value; }
    public long BlocksReceived { get => _blocksReceived; set => _blocksReceived = value; }

    /// <summary>Proven: it has delivered a block, and is not suspect.</summary>
    public bool Proven => _blocksReceived > 0 && !_suspect;

    /// <summary>Until then the blocks in <see cref="Avoid"/> are not asked of it again.</summary>
    public long AvoidUntilMicros { get => _avoidUntilMicros; set => _avoidUntilMicros = value; }
    public int Rejects { get => _rejects; set => _rejects = value; }
    public long ProbeAgainMicros { get => _probeAgainMicros; set => _probeAgainMicros = value; }
    public int Probes { get => _probes; set => _probes = value; }
    public long OutstandingBytes { get => _outstandingBytes; set => _outstandingBytes = value; }

    public long JoinedAtMicros { get => _joinedAtMicros; set => _joinedAtMicros = value; }

    /// <summary>How long requests were open that were taken back before it sent a byte; data clears it. Else whoever is never waited for is never found silent.</summary>
    public long UnansweredMicros { get => _unansweredMicros; set => _unansweredMicros = value; }

    /// <summary>When it last claimed anything, or showed something new if it does not claim.</summary>
    public long HeardAtMicros { get => _heardAtMicros; set => _heardAtMicros = value; }

    /// <summary>What it is hashed by when cells are shared out.</summary>
    public ulong CrowdKey { get => _crowdKey; set => _crowdKey = value; }

    /// <summary>Does it ask an origin for what it lacks, and say so?</summary>
    public CrowdRole CrowdRole { get => (CrowdRole)_crowdRole; set => _crowdRole = (int)value; }

    /// <summary>What it said it has asked its origin for.</summary>
    public ClaimRing Claims { get; } = new();

    /// <summary>It delivers to us as far as we know: what it has, owns and claims counts in the sharing out of cells.</summary>
    public bool IsServing => !_choked && !_suspect && !_banned && !IsOrigin;

    /// <summary>Time between its pulses, smoothed; <see cref="Core.Pulses"/>.</summary>
    public long PulseMicros { get => _pulseMicros; set => _pulseMicros = value; }

    /// <summary>Pulses in a row.</summary>
    public int Pulses { get => _pulses; set => _pulses = value; }

    /// <summary>Requests that its next pulse is to find.</summary>
    public int PulseDepth { get => _pulseDepth; set => _pulseDepth = value; }
    public long BurstAtMicros { get => _burstAtMicros; set => _burstAtMicros = value; }

    /// <summary>Requests open when the pulse under way began, 0 if the queue had room for more; and blocks that it brought.</summary>
    public int BurstAsked { get => _burstAsked; set => _burstAsked = value; }
    public int BurstBlocks { get => _burstBlocks; set => _burstBlocks = value; }

    public Bits Has { get; } = new(blocks);
    public Bits Avoid { get; } = new(blocks);
    public Bits AllowedFast { get; } = new(blocks);
    public bool HasFast { get => _hasFast; set => _hasFast = value; }

    /// <summary>Pieces whose leaf hashes it refused, and those where it was asked again after its first block.</summary>
    public Bits RefusedPieces { get; } = new(pieces);
    public Bits AskedAgainPieces { get; } = new(pieces);
    public RequestQueue Queue { get; } = new();

    /// <summary>Scratch of one filling pass: the policy had nothing for it.</summary>
    public bool Passed { get; set; }

    /// <summary>May the block be asked of it now?</summary>
    public bool CanServe(int block) => !_banned && Has[block] && !Avoid[block] && (!_choked || (_hasFast && AllowedFast[block]));

    /// <summary>What it serves now: everything it has, or only the fast set while it chokes; null for nothing.</summary>
    public Bits? Serves => _banned ? null : !_choked ? Has : _hasFast ? AllowedFast : null;

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _id);
        codec.Value(ref _kind);
        codec.Value(ref _choked);
        codec.Value(ref _banned);
        codec.Value(ref _suspect);
        codec.Value(ref _neverHashes);
        codec.Value(ref _hasFast);
        codec.Value(ref _slots);
        codec.Value(ref _rttMicros);
        codec.Value(ref _lastArrivalMicros);
        codec.Value(ref _lastProgressMicros);
        codec.Value(ref _progressBlock);
        codec.Value(ref _progressBytes);
        codec.Value(ref _blocksReceived);
        codec.Value(ref _avoidUntilMicros);
        codec.Value(ref _rejects);
        codec.Value(ref _probeAgainMicros);
        codec.Value(ref _probes);
        codec.Value(ref _outstandingBytes);
        codec.Value(ref _joinedAtMicros);
        codec.Value(ref _heardAtMicros);
        codec.Value(ref _unansweredMicros);
        codec.Value(ref _crowdKey);
        codec.Value(ref _crowdRole);
        Claims.Exchange(ref codec);
        codec.Value(ref _pulseMicros);
        codec.Value(ref _burstAtMicros);
        codec.Value(ref _pulses);
        codec.Value(ref _pulseDepth);
        codec.Value(ref _burstAsked);
        codec.Value(ref _burstBlocks);
        Has.Exchange(ref codec);
        Avoid.Exchange(ref codec);
        AllowedFast.Exchange(ref codec);
        RefusedPieces.Exchange(ref codec);
        AskedAgainPieces.Exchange(ref codec);
        Queue.Exchange(ref codec);
    }
}
