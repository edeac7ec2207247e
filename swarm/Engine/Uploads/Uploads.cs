using Microsoft.Extensions.Logging;
using Swarm.Core;
using Swarm.Peer;

namespace Swarm.Engine;

/// <summary>
/// The node's uploading: one task that serves the most urgent request of all swarms next, within the rate, behind the
/// clients' own reads; a round each 10 s that deals the slots. It performs what the Governor decides.
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards who is here and who has a slot; it is taken before a swarm's. The one task reads from the disk,
/// so at most one upload read is under way on the node.
/// </remarks>
internal sealed partial class Uploads : IAsyncDisposable
{
    /// <summary>A limited rate is cut in parts of this length, so that an urgent request waits no longer for what was read before it.</summary>
    private const long PartMicros = 50_000;

    /// <summary>A player that seeks closes before it opens: who is served meanwhile is not choked for it.</summary>
    private const long LingerMicros = 10_000_000;

    /// <summary>After so many batches the thread is given back for a moment.</summary>
    private const int BatchesWithoutYield = 16;

    /// <summary>What was given is written down this often while it changes: an fsync costs others little, and a crash that much of the ratio.</summary>
    private const int SaveSeconds = 5;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly EngineContext _context;
    private readonly UploadBudget _budget;
    private readonly IUploadOrder _order;
    private readonly GivenLedger _ledger;
    private readonly BatchPool _pool = new();
    private readonly List<SwarmUploads> _swarms = [];
    private readonly Lock _changedGate = new();
    private readonly HashSet<SwarmUploads> _changed = [];
    private readonly AsyncSignal _work = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _tokens;
    private readonly ITimer _clock;
    private readonly Task _running;
    private UploadSession[] _unchoked = [];
    private ShareMode _mode;
    private double? _ratioLimit;
    private int _grantedSlots;
    private long? _grantedRate;
    private int _seconds;
    private bool _saidUnsaved;
    private long _sentSinceSample;
    private Instant _sampledAt;

    public Uploads(EngineContext context, UploadBudget budget, IUploadOrder order)
    {
        (_context, _budget, _order) = (context, budget, order);
        _ledger = GivenLedger.Open(context.Options.GivenFile);
        _mode = context.Options.Share;
        _ratioLimit = context.Options.RatioLimit;
        _sampledAt = context.Now;
        _budget.Refresh(context.Now);
        _tokens = context.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _clock = context.Time.CreateTimer(_ => OnSecond(), null, Second, Second);
        _running = Task.Run(RunAsync);
    }

    public Instant Now => _context.Now;

    public ReadPriority Priority => _context.Priority;

    /// <summary>What was given of each torrent.</summary>
    public GivenLedger Ledger => _ledger;

    public ShareMode Mode
    {
        get
        {
            lock (_gate)
            {
                return _mode;
            }
        }
    }

    /// <summary>Peers that have a slot.</summary>
    public int Unchoked => Volatile.Read(ref _unchoked).Length;

    /// <summary>Batches that are being read or sent.</summary>
    public int BatchesOut => _pool.Out;

    /// <summary>The most that ever were at once.</summary>
    public int MostBatches => _pool.Most;

    /// <summary>What uploads may take now; null for no limit.</summary>
    public long? LimitBytesPerSecond
    {
        get
        {
            lock (_gate)
            {
                return _budget.BytesPerSecond;
            }
        }
    }

    public SwarmUploads Open(SwarmLoop loop, Protocol.Metainfo metainfo)
    {
        var swarm = new SwarmUploads(this, loop, metainfo);
        lock (_gate)
        {
            _swarms.Add(swarm);
            SetModeOf(swarm);
            Grant(swarm);
        }

        loop.Watcher = swarm;
        return swarm;
    }

    public void Close(SwarmUploads swarm)
    {
        lock (_gate)
        {
            _swarms.Remove(swarm);
        }

        swarm.SetMode(announces: false, gives: false);
        foreach (var session in swarm.Sessions)
        {
            Choke(session, true, ChokeReason.Idle);
        }
    }

    /// <summary>Changes what is given, from now on. <see cref="ShareMode.Off"/> is the kill switch: when it returns, nobody has a slot.</summary>
    public void Set(ShareMode mode, double? ratioLimit, long? limitBytesPerSecond)
    {
        lock (_gate)
        {
            (_mode, _ratioLimit) = (mode, ratioLimit);
            _budget.Allow(limitBytesPerSecond, Now);
        }

        RefreshModes();
        Wake();
    }

    /// <summary>True if the swarm is to stay though nobody reads from it.</summary>
    public bool Keeps(SwarmUploads swarm)
    {
        lock (_gate)
        {
            return _mode == ShareMode.Seed && !swarm.IsCondemned && (_ratioLimit is not { } limit || swarm.Ratio < limit);
        }
    }

    /// <summary>Readers came or went.</summary>
    public void OnReadersChanged() => RefreshModes();

    public void Wake() => _work.Set();

    // --- From swarms and sessions

    public void OnChanged(SwarmUploads swarm)
    {
        lock (_changedGate)
        {
            _changed.Add(swarm);
        }

        Wake();
    }

    public void OnInterest(UploadSession session)
    {
        if (!session.IsInterested)
        {
            Choke(session, true, ChokeReason.Idle);
        }

        FillFreeSlots();
    }

    public void OnSent(BlockBatch batch, int bytes)
    {
        _context.Metrics.AddSentToPeer(bytes);
        Interlocked.Add(ref _sentSinceSample, bytes);
        _pool.Return(batch);
        Wake();
    }

    public void OnClosed(UploadSession session, BlockBatch[] lent)
    {
        foreach (var batch in lent)
        {
            _pool.Return(batch);
        }

        lock (_gate)
        {
            _unchoked = [.. _unchoked.Where(s => s != session)];
        }

        FillFreeSlots();
    }

    public void OnCondemned(SwarmUploads swarm, int piece)
    {
        LogCondemned(_context.Logger, swarm.Metainfo.InfoHash.Id, piece);
        _context.Events.Publish("torrent.condemned", $"piece {piece} of {swarm.Metainfo.Name} has the right leaves and a wrong SHA-1: its v1 and v2 halves are two torrents; nothing of it is given");
        RefreshModes();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _clock.DisposeAsync();
        await _tokens.DisposeAsync();
        await _running;
        SwarmUploads[] swarms;
        lock (_gate)
        {
            swarms = [.. _swarms];
        }

        await Task.WhenAll(swarms.Select(s => s.CloseAsync()));
        SaveLedger();
    }

    // --- The task

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _work.WaitAsync(_closing.Token);
                ReconcileChanged();
                for (var served = 1; await ServeAsync(); served++)
                {
                    ReconcileChanged();
                    if (served % BatchesWithoutYield == 0)
                    {
                        await Task.Yield();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The node ends.
        }
        catch (Exception e)
        {
            // A bug. Nothing more is given; downloads go on.
            LogBroken(_context.Logger, e);
            Set(ShareMode.Off, null, null);
        }
    }

    private void ReconcileChanged()
    {
        while (true)
        {
            SwarmUploads? swarm;
            lock (_changedGate)
            {
                swarm = _changed.FirstOrDefault();
                if (swarm is null)
                {
                    return;
                }

                _changed.Remove(swarm);
            }

            swarm.Reconcile();
        }
    }

    /// <summary>Reads and hands over one batch; false if nothing may be sent now.</summary>
    private async ValueTask<bool> ServeAsync()
    {
        if (!MaySend(out var maxBytes) || NextSession() is not { } session)
        {
            return false;
        }

        if (_pool.TryRent() is not { } batch)
        {
            return false;
        }

        await Priority.GiveWayAsync(_closing.Token);
        session.Fill(batch, _order, Now, maxBytes);
        var bytes = batch.PayloadBytes;
        if (bytes == 0 || !session.Lend(batch, Now))
        {
            _pool.Return(batch);
            session.Flush(); // rejects of what could not be read
            return true;
        }

        lock (_gate)
        {
            _budget.Bucket.Take(bytes);
            session.ShareBytes += bytes;
        }

        return true;
    }

    private bool MaySend(out int maxBytes)
    {
        lock (_gate)
        {
            var rate = _budget.Bucket.BytesPerSecond;
            maxBytes = rate is { } limited ? (int)Math.Clamp(limited * PartMicros / 1_000_000, 1, BlockBatch.MemoryBytes) : BlockBatch.MemoryBytes;
            if (_budget.Bucket.MayTake(Now))
            {
                return true;
            }

            if (_budget.Bucket.WaitMicros is { } micros)
            {
                _tokens.Change(TimeSpan.FromMilliseconds((micros / 1_000) + 1), Timeout.InfiniteTimeSpan);
            }

            return false;
        }
    }

    private UploadSession? NextSession()
    {
        var now = Now;
        UploadSession? next = null;
        UploadRequest best = default;
        foreach (var session in Volatile.Read(ref _unchoked))
        {
            if (session.TryPeek(_order, now, out var request) && (next is null || _order.Compare(request, best, now) < 0))
            {
                (next, best) = (session, request);
            }
        }

        return next;
    }

    // --- Slots and rates

    private void OnSecond()
    {
        RefreshModes();
        Measure();
        if (_seconds % SaveSeconds == 0)
        {
            SaveLedger();
        }

        if (++_seconds % (int)(Choker.RoundMicros / 1_000_000) == 0)
        {
            DealSlots();
        }
    }

    private void SaveLedger()
    {
        if (_ledger.Save() is { } problem && !_saidUnsaved)
        {
            _saidUnsaved = true;
            LogUnsaved(_context.Logger, problem);
        }
    }

    /// <summary>Whether each swarm gives: by mode, readers and ratio. Who may have nothing loses its slot at once.</summary>
    private void RefreshModes()
    {
        UploadSession[] unchoked;
        lock (_gate)
        {
            foreach (var swarm in _swarms)
            {
                SetModeOf(swarm);
            }

            unchoked = _unchoked;
        }

        foreach (var session in unchoked.Where(s => !s.Swarm.Gives))
        {
            Choke(session, true, ChokeReason.Idle);
        }

        FillFreeSlots();
    }

    private void SetModeOf(SwarmUploads swarm)
    {
        if (swarm.Loop.Readers > 0)
        {
            swarm.ReadAt = Now;
        }

        var reading = swarm.ReadAt is { } at && Now - at <= LingerMicros;
        var gives = (_mode == ShareMode.Seed || (_mode == ShareMode.Reading && reading)) && (_ratioLimit is not { } limit || swarm.RatioWith(ComingBytes(swarm.Loop)) < limit);
        swarm.SetMode(announces: _mode != ShareMode.Off, gives);
    }

    /// <summary>What clients are still to be given of each file, by the one that wants most.</summary>
    private static long ComingBytes(SwarmLoop loop)
    {
        var bytes = 0L;
        for (var file = 0; loop.Readers > 0 && file < loop.Layout.Files.Length; file++)
        {
            var most = 0L;
            foreach (var reader in loop.File(file)?.Readers ?? [])
            {
                most = Math.Max(most, reader.Range.End - reader.Position);
            }

            bytes += most;
        }

        return bytes;
    }

    /// <summary>A slot that nobody has goes to who waits, without waiting for the round.</summary>
    private void FillFreeSlots()
    {
        lock (_gate)
        {
            if (!HasFreeSlot(isViewer: true))
            {
                return;
            }

            var waiting = _swarms.Where(s => s.Gives).SelectMany(s => s.Sessions).Where(s => s.IsChoked && s.IsInterested)
                .OrderBy(s => s.Round.Since).ThenBy(s => s.Id).ToList();
            foreach (var session in waiting.Where(s => HasFreeSlot(s.IsInCrowd)))
            {
                Choke(session, false, ChokeReason.Free);
            }
        }
    }

    private bool HasFreeSlot(bool isViewer) => Choker.HasFreeSlot(_unchoked.Length, _unchoked.Count(static s => s.IsInCrowd), _budget.Slots, isViewer);

    private void DealSlots()
    {
        var now = Now;
        SwarmUploads[] swarms;
        lock (_gate)
        {
            swarms = [.. _swarms];
        }

        var sessions = swarms.SelectMany(s => s.Sessions).ToDictionary(s => s.Id);
        IReadOnlyList<ChokeDraw> draws;
        lock (_gate)
        {
            var candidates = sessions.Values.OrderBy(s => s.Id).Select(s => CandidateOf(s)).ToList();
            draws = _budget.Choker.Round(candidates, _budget.Slots, now);
        }

        // Who loses a slot first: there are never more than the Governor grants, and those of viewers.
        foreach (var draw in draws.OrderBy(d => d.Unchoke))
        {
            Choke(sessions[draw.Peer], !draw.Unchoke, draw.Reason);
        }

        foreach (var session in sessions.Values)
        {
            session.Round.End(session.Record.ReceivedBytes, session.SentBytes);
            session.BeginRound();
        }
    }

    private static ChokeCandidate CandidateOf(UploadSession session) => new(
        session.Swarm.Loop.Id,
        session.Id,
        session.IsInterested && session.Swarm.Gives,
        !session.IsChoked,
        session.Round.ReceivedBytes(session.Record.ReceivedBytes),
        BehindBytes(session),
        session.Round.Since,
        !session.IsChoked && session.Lent > 0 && session.Round.GotNothing(session.SentBytes),
        session.IsInCrowd);

    /// <summary>From the peer's place to the nearest playhead of ours before it; -1 if there is none.</summary>
    private static long BehindBytes(UploadSession session)
    {
        var loop = session.Swarm.Loop;
        var nearest = long.MaxValue;
        if (session.Position >= 0)
        {
            var at = (long)session.Position * loop.Layout.PieceLength;
            for (var file = 0; file < loop.Layout.Files.Length; file++)
            {
                foreach (var reader in loop.File(file)?.Readers ?? [])
                {
                    var behind = loop.Layout.Files[file].ContentOffset + reader.Position - at;
                    nearest = behind >= 0 ? Math.Min(nearest, behind) : nearest;
                }
            }
        }

        return nearest == long.MaxValue ? -1 : nearest;
    }

    /// <summary>Takes or gives a slot, and writes it into the swarm's log.</summary>
    private void Choke(UploadSession session, bool choked, ChokeReason reason)
    {
        lock (_gate)
        {
            if (!session.SetChoked(choked))
            {
                return;
            }

            session.Round.Since = Now;
            if (choked)
            {
                _unchoked = [.. _unchoked.Where(s => s != session)];
            }
            else
            {
                session.ShareBytes = Math.Max(session.ShareBytes, _unchoked.Length == 0 ? 0 : _unchoked.Min(s => s.ShareBytes));
                _unchoked = [.. _unchoked, session];
            }
        }

        session.Swarm.Loop.Post(EventKind.SlotDealt, session.Id, choked ? 0 : 1, (long)reason);
        Wake();
    }

    /// <summary>What went out in the last second, and what it did to round trips.</summary>
    private void Measure()
    {
        lock (_gate)
        {
            var now = Now;
            var elapsed = now - _sampledAt;
            _sampledAt = now;
            var sent = Interlocked.Exchange(ref _sentSinceSample, 0);
            var isBusy = false;
            var least = long.MaxValue;
            foreach (var session in _unchoked)
            {
                if (session.Lent > 0 && session.TryGrowth(out var micros))
                {
                    isBusy = true;
                    least = Math.Min(least, micros);
                }
            }

            _budget.Uplink.Sample(now, elapsed, sent, isBusy, isBusy ? least : 0);
            var rate = Math.Max(sent * 1_000_000 / Math.Max(1, elapsed), _budget.BytesPerSecond ?? 0);
            foreach (var swarm in _swarms)
            {
                swarm.TellBacklog(rate);
            }

            if (_budget.Refresh(now) || _grantedSlots != _budget.Slots)
            {
                foreach (var swarm in _swarms)
                {
                    Grant(swarm);
                }

                Wake();
            }
        }
    }

    /// <summary>What the Governor grants reaches the log of every swarm that lives by it. Inside the lock.</summary>
    private void Grant(SwarmUploads swarm)
    {
        (_grantedSlots, _grantedRate) = (_budget.Slots, _budget.BytesPerSecond);
        swarm.Loop.Post(EventKind.Grant, 0, (int)GrantKind.UploadSlots, _grantedSlots);
        swarm.Loop.Post(EventKind.Grant, 0, (int)GrantKind.UploadBytesPerSecond, _grantedRate ?? long.MaxValue);
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Critical, Message = "uploading ended by a fault; nothing more is given")]
    private static partial void LogBroken(ILogger logger, Exception fault);

    [LoggerMessage(EventId = 42, Level = LogLevel.Warning, Message = "what was given cannot be written down, ratios will begin anew: {Reason}")]
    private static partial void LogUnsaved(ILogger logger, string reason);

    [LoggerMessage(EventId = 41, Level = LogLevel.Error, Message = "torrent {Infohash}: piece {Piece} has the right leaves and a wrong SHA-1; nothing of it is given")]
    private static partial void LogCondemned(ILogger logger, string infohash, int piece);
}
