using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>
/// A shell in virtual time: performs the decisions of one <see cref="SwarmState"/>, turns what happens into its events, verifies
/// blocks as the real shell does, logs every event, and audits the invariants.
/// </summary>
public sealed class World : IReaderHost
{
    private const int OriginIds = 1000;
    private const long AuditMicros = 100_000;
    private readonly Scenario _scenario;
    private readonly ulong _seed;
    private readonly SchedulerOptions _options;
    private readonly ISchedulingPolicy? _policy;
    private readonly DecisionBuffer _decisions = new();
    private readonly List<SwarmEvent> _log = [];
    private readonly List<SimPeer> _peers = [];
    private readonly List<SimReader> _readers = [];
    private readonly SimOrigin? _origin;
    private readonly bool[] _admitted;
    private readonly bool[] _corruptTruth;
    private readonly bool[] _hashKnown;
    private readonly Dictionary<int, (int Source, bool Corrupt)> _parked = [];
    private readonly HashSet<(int Source, int Block)> _open = [];
    private readonly Dictionary<int, long> _neglectedSince = [];
    private DecisionDigest _digest;
    private long _linkFreeAtMicros;
    private long _wakeGeneration;

    public World(Scenario scenario, ulong seed, SchedulerOptions? options = null, ISchedulingPolicy? policy = null)
    {
        _scenario = scenario;
        _seed = seed;
        _options = options ?? SchedulerOptions.Default;
        _policy = policy;
        Layout = ContentLayout.Single("media", scenario.ContentBytes, scenario.PieceLength, scenario.HasTree ? new Hash256(1, 2, 3, 4) : default);
        State = new(Layout, seed, _options, null, policy);
        _admitted = new bool[Layout.BlockCount];
        _corruptTruth = new bool[Layout.BlockCount];
        _hashKnown = new bool[Layout.BlockCount];
        var random = new SplitMix64(seed);
        _origin = scenario.Origin is null ? null : new(this, scenario.Origin);
        for (var i = 0; i < scenario.Peers.Count; i++)
        {
            _peers.Add(new(this, i, scenario.Peers[i], new(random.Next())));
        }

        for (var i = 0; i < scenario.Readers.Count; i++)
        {
            _readers.Add(new(this, i, scenario.Readers[i]));
            Metrics.Readers.Add(_readers[i].Metrics);
        }
    }

    public ContentLayout Layout { get; }
    public SwarmState State { get; }
    public EventQueue Queue { get; } = new();
    public Metrics Metrics { get; } = new();
    public IReadOnlyList<SwarmEvent> Log => _log;

    /// <summary>Called for every decision, with its time: for tracing.</summary>
    public Action<long, Decision>? OnDecision { get; set; }

    public Action<SwarmEvent>? OnEvent { get; set; }

    /// <summary>Plays the scenario to its end and says what it measured.</summary>
    public Metrics Run()
    {
        _peers.ForEach(p => p.Start());
        _readers.ForEach(r => r.Start());
        Queue.After(AuditMicros, Audit);
        Queue.Run(_scenario.EndsAtMicros, () => _readers.TrueForAll(r => r.Finished));
        Metrics.EndedAtMicros = Queue.NowMicros;
        Metrics.DecisionDigest = _digest.Value;
        Metrics.Decisions = _digest.Count;
        Metrics.StateDigest = State.Digest();
        return Metrics;
    }

    /// <summary>True if the client went away by plan.</summary>
    public bool ReaderLeft(int reader) => _readers[reader].Left;

    /// <summary>Replays the log without a world: must give the same digest of decisions and of the state.</summary>
    public (ulong Decisions, ulong State) Replay()
    {
        var state = new SwarmState(Layout, _seed, _options, null, _policy);
        var decisions = new DecisionBuffer();
        var digest = default(DecisionDigest);
        Span<byte> wire = stackalloc byte[SwarmEvent.Size];
        foreach (var e in _log)
        {
            e.Write(wire);
            decisions.Clear();
            state.Step(SwarmEvent.Read(wire), decisions);
            digest.Add(decisions.Items);
        }

        return (digest.Value, state.Digest());
    }

    void IReaderHost.Send(SwarmEvent e) => Send(e);

    internal void Send(SwarmEvent e)
    {
        e = e with { At = new(Queue.NowMicros) };
        _log.Add(e);
        OnEvent?.Invoke(e);
        Metrics.Events++;
        if (e.Kind == EventKind.SourceLeft)
        {
            _open.RemoveWhere(o => o.Source == e.Id);
        }

        _decisions.Clear();
        State.Step(e, _decisions);
        _digest.Add(_decisions.Items);
        foreach (var decision in _decisions.Items.ToArray())
        {
            OnDecision?.Invoke(Queue.NowMicros, decision);
            Perform(decision);
        }
    }

    void IReaderHost.Permit(SimReader reader, Action opened)
    {
        if (_origin is null)
        {
            opened();
        }
        else
        {
            _origin.Permit(reader, OriginIds + reader.Id, opened);
        }
    }

    void IReaderHost.ReaderGone(SimReader reader)
    {
        if (_origin is not null)
        {
            _origin.Leave(OriginIds + reader.Id);
            Send(new(EventKind.SourceLeft, default, OriginIds + reader.Id));
        }
    }

    /// <summary>A block leaves a peer; the shared downlink may hold it up.</summary>
    internal void Receive(int source, int block, bool corrupt, long delayMicros)
    {
        var bytes = Layout.BlockBytes(block);
        _linkFreeAtMicros = Math.Max(_linkFreeAtMicros, Queue.NowMicros) + (bytes * 1_000_000L / _scenario.DownlinkBytesPerSecond);
        Queue.At(_linkFreeAtMicros + delayMicros, () =>
        {
            Closed(source, block);
            Metrics.PeerBytes += bytes;
            Send(new(EventKind.Arrived, default, source, block, bytes));
            if (_admitted[block] || _parked.ContainsKey(block))
            {
                Metrics.DuplicateBytes += bytes;
                return;
            }

            if (_hashKnown[block])
            {
                Judge(source, block, corrupt);
            }
            else
            {
                _parked[block] = (source, corrupt);
                JudgePiece(block / Layout.BlocksPerPiece);
            }
        });
    }

    internal void OriginDelivered(int source, int block)
    {
        Metrics.OriginBytes += Layout.BlockBytes(block);
        if (_admitted[block])
        {
            Metrics.DuplicateBytes += Layout.BlockBytes(block);
        }

        _parked.Remove(block);
        Admit(source, block, corrupt: false);
        JudgePiece(block / Layout.BlocksPerPiece);
    }

    internal void HashesArrived(int source, BlockRun run)
    {
        for (var b = run.First; b < Math.Min(run.End, Layout.BlockCount); b++)
        {
            _hashKnown[b] = true;
        }

        Send(new(EventKind.HashesKnown, default, source, run.First, run.Count));
        for (var b = run.First; b < Math.Min(run.End, Layout.BlockCount); b++)
        {
            if (_parked.Remove(b, out var waiting))
            {
                Judge(waiting.Source, b, waiting.Corrupt);
            }
        }
    }

    internal void Closed(int source, int block) => _open.Remove((source, block));

    /// <summary>One past the last byte of the contiguous admitted ones from the position on.</summary>
    long IReaderHost.ReleasedUntil(long position, long end)
    {
        while (position < end && _admitted[(int)(position / PieceLayout.BlockSize)])
        {
            position = ((position / PieceLayout.BlockSize) + 1) * PieceLayout.BlockSize;
        }

        return Math.Min(position, end);
    }

    void IReaderHost.CheckRelease(long position, long count)
    {
        var run = PieceLayout.BlocksOver(new ByteRange(position, count));
        for (var b = run.First; b < run.End; b++)
        {
            Metrics.UnverifiedServed += _corruptTruth[b] || !_admitted[b] ? 1 : 0;
        }
    }

    private void Judge(int source, int block, bool corrupt)
    {
        if (corrupt)
        {
            Metrics.CorruptBytes += Layout.BlockBytes(block);
            Send(new(EventKind.Corrupt, default, source, block));
        }
        else
        {
            Admit(source, block, corrupt);
        }
    }

    private void Admit(int source, int block, bool corrupt)
    {
        _admitted[block] = true;
        _corruptTruth[block] = corrupt;
        Send(new(EventKind.Admitted, default, source, block));
        foreach (var reader in _readers)
        {
            if (reader.Open && reader.HeadBlock == block)
            {
                reader.Pump();
            }
        }
    }

    /// <summary>A piece whose blocks are all here verifies whole, hashes or not.</summary>
    private void JudgePiece(int piece)
    {
        var first = piece * Layout.BlocksPerPiece;
        var end = Math.Min(first + Layout.BlocksPerPiece, Layout.BlockCount);
        for (var b = first; b < end; b++)
        {
            if (!_admitted[b] && !_parked.ContainsKey(b))
            {
                return;
            }
        }

        for (var b = first; b < end; b++)
        {
            if (_parked.Remove(b, out var waiting))
            {
                Judge(waiting.Source, b, waiting.Corrupt);
            }
        }
    }

    private void Perform(in Decision decision)
    {
        var run = decision.Run;
        switch (decision.Kind)
        {
            case DecisionKind.WakeAt:
                var generation = ++_wakeGeneration;
                Queue.At(decision.At.Micros, () =>
                {
                    if (generation == _wakeGeneration)
                    {
                        Send(new(EventKind.Wake, default, -1));
                    }
                });
                break;
            case DecisionKind.Request when decision.Source >= OriginIds:
                _origin!.Request(decision.Source, run, _readers[decision.Source - OriginIds]);
                break;
            case DecisionKind.Cancel when decision.Source >= OriginIds:
                _origin!.Cancel(decision.Source, run.First);
                break;
            case DecisionKind.Request:
                for (var b = run.First; b < run.End; b++)
                {
                    var holders = _open.Count(o => o.Block == b);
                    Metrics.DoubleRequests += !_open.Add((decision.Source, b)) || holders >= 3 || _admitted[b] ? 1 : 0;
                    _peers[decision.Source].Request(b);
                }

                break;
            case DecisionKind.Cancel:
                for (var b = run.First; b < run.End; b++)
                {
                    _open.Remove((decision.Source, b));
                    _peers[decision.Source].Cancel(b);
                }

                break;
            case DecisionKind.AskHashes:
                Metrics.HashRequests++;
                _peers[decision.Source].AskHashes(run);
                break;
            default:
                break;
        }
    }

    /// <summary>Every waited-for block is asked of someone while a live source has nothing to do and would serve it.</summary>
    private void Audit()
    {
        foreach (var reader in _readers)
        {
            var block = reader.HeadBlock;
            var neglected = reader.Open && reader.Waiting && !_admitted[block] && !_parked.ContainsKey(block)
                && !_open.Any(o => o.Block == block) && _origin?.IsDelivering(block) != true
                && (_peers.Exists(p => p.Idle && p.WouldServe(block)) || (_origin?.WouldServe == true && !_origin.IsBusy));
            if (!neglected)
            {
                _neglectedSince.Remove(reader.Id);
            }
            else if (_neglectedSince.TryAdd(reader.Id, Queue.NowMicros))
            {
                continue;
            }
            else
            {
                Metrics.LongestNeglectMicros = Math.Max(Metrics.LongestNeglectMicros, Queue.NowMicros - _neglectedSince[reader.Id]);
            }
        }

        Queue.After(AuditMicros, Audit);
    }
}
