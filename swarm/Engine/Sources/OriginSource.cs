using Microsoft.Extensions.Logging;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// The origin as one client request may use it: at most one run at a time, teed at byte granularity to that client while
/// its blocks are assembled for everyone.
/// </summary>
/// <remarks>
/// Thread-safe. Its lock guards the run and the seat, and events about runs are posted inside it: a loop that it joins hears
/// of a run before its end. Order of locks: this, then the content's. A run's bytes are moved by one pump at a time.
/// </remarks>
public sealed partial class OriginSource : IDisposable
{
    private const int MaxFailures = 5;

    /// <summary>A second request for what is further ahead is worth its round trip; as long as the longest bounded run.</summary>
    private const long SoonBytes = 4 << 20;

    private readonly EngineContext _context;
    private readonly ResourceReader _reader;
    private readonly IOriginAccess? _access;
    private readonly AsyncSignal _pace = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly Lock _gate = new();
    private readonly PrivateParts _private = new();
    private OriginSeat? _seat;
    private OriginAnswerRun? _run;
    private Asked? _asked;
    private BlockRun? _pending;
    private long _bodyStart;
    private int _bodies;

    /// <summary>Where the answer begins that begins first.</summary>
    private long _firstStart = long.MaxValue;

    /// <summary>Where the last answer ended as it should; 0 before that and where it was cut.</summary>
    private long _wholeUpTo;
    private long _deferredStop = long.MaxValue;
    private int _failures;
    private bool _hasGiven;
    private bool _resumes;
    private bool _gone;
    private bool _disposed;

    internal OriginSource(EngineContext context, ResourceReader reader, IOriginAccess? access, string host)
    {
        _context = context;
        _reader = reader;
        _access = access;
        Address = host;
        _closed = _closing.Token;
        Id = context.NextId();
        Record = context.Sources.Add(Id, SourceKind.Origin, host);
        context.OriginOpened();
    }

    public int Id { get; }

    /// <summary>The origin's host, for receipts and pages; never a URL.</summary>
    public string Address { get; }

    internal SourceRecord Record { get; }

    private FileContent Content => _reader.Content;

    /// <summary>A request that has no answer yet.</summary>
    private sealed class Asked(BlockRun run)
    {
        public BlockRun Run => run;

        /// <summary>Taken back from here on before the answer came.</summary>
        public long StopBefore = long.MaxValue;

        /// <summary>The loop was told that the run is under way: the content moved while the answer was awaited.</summary>
        public bool Announced;
    }

    // --- Called by the front and the reader

    /// <summary>Takes the body of the permission answer as the first run; it flows once <see cref="StartAdopted"/> is called.</summary>
    internal void Adopt(IOriginBody body)
    {
        lock (_gate)
        {
            _run = new(body, body.Start, Content.Length);
            OnAnswer(body.Start);
        }
    }

    /// <summary>Starts the adopted run. The loop was told of it when this source joined, before anything could ask for the same bytes.</summary>
    internal void StartAdopted()
    {
        OriginAnswerRun? run;
        lock (_gate)
        {
            run = _run;
        }

        if (run is not null)
        {
            // Not on the caller's thread: a body that is here already would be hashed before the client sees its first byte.
            _ = Task.Run(() => PumpAsync(run));
        }
    }

    /// <summary>Copies bytes of the block that is arriving now, or of a private part, as far as they are here.</summary>
    internal int TryRead(long offset, Span<byte> to)
    {
        lock (_gate)
        {
            return _run is { Current: { } buffer } run && offset >= run.CurrentFrom && offset < run.Next
                ? PrivateParts.Copy(buffer, offset, run.Next, to)
                : _private.Read(offset, to);
        }
    }

    /// <summary>
    /// True if the answer under way, or just over, is the only one so far, delivers everything up to <paramref name="end"/>, and what
    /// the reader has not taken yet of it is here as this answer brought it.
    /// </summary>
    internal bool CoversUninterrupted(long end)
    {
        lock (_gate)
        {
            // A client slower than its answer still has only this one.
            var (reach, closed) = _run is null ? (_wholeUpTo, _wholeUpTo) : _run.Cut ? (0, 0) : (_run.StopBefore, _run.CurrentFrom);
            if (_bodies != 1 || _asked is not null || reach < end || _bodyStart > _reader.Range.Offset)
            {
                return false;
            }

            for (var at = _reader.Position; at < closed; at = ((at / PieceLayout.BlockSize) + 1) * PieceLayout.BlockSize)
            {
                if (!_private.Covers(at) && !Content.IsFrom(Id, (int)(at / PieceLayout.BlockSize)))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Answers of the origin that this response was given so far.</summary>
    internal int Answers => Volatile.Read(ref _bodies);

    /// <summary>
    /// True if a byte of an answer that begins here or before has come, or may come yet. What is here need not wait to be told apart from
    /// an answer that was cut before its first byte, nor from one that begins further on.
    /// </summary>
    internal bool HasHandBy(long offset)
    {
        lock (_gate)
        {
            return _firstStart <= offset && (_hasGiven || _run is not null || _asked is not null);
        }
    }

    /// <summary>True while an answer is under way, or asked for.</summary>
    internal bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _run is not null || _asked is not null;
            }
        }
    }

    /// <summary>
    /// True if the answer under way is at most <see cref="SoonBytes"/> before this byte's block and goes on over the whole of it. A block that has
    /// arrived counts until it is admitted; one of which the answer has a part is never admitted.
    /// </summary>
    internal bool Brings(long offset)
    {
        var first = offset / PieceLayout.BlockSize * PieceLayout.BlockSize;
        var end = Math.Min(Content.Length, first + PieceLayout.BlockSize);
        lock (_gate)
        {
            return _run is { Cut: false } run && run.CurrentFrom <= first && first - run.CurrentFrom <= SoonBytes && end <= run.StopBefore;
        }
    }

    /// <summary>True if the answer under way has delivered the byte already, or there is none.</summary>
    internal bool HasPassed(long offset)
    {
        lock (_gate)
        {
            return _run is null || _run.Next > offset;
        }
    }

    /// <summary>How far a reader at <paramref name="position"/> gets with what is its client's alone.</summary>
    internal long ReachOf(long position) => _private.ReachOf(position);

    /// <summary>Another reader waits, perhaps for what this source holds back because its own client is slow.</summary>
    internal void OnOtherWaits() => _pace.Set();

    internal void OnReaderAdvanced()
    {
        lock (_gate)
        {
            _private.DropBefore(_reader.Position);
        }

        _pace.Set();
    }

    public void Dispose()
    {
        OriginAnswerRun? run;
        OriginSeat? seat;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _gone = true;
            (run, seat, _seat) = (_run, _seat, null);
            _private.Close();
        }

        _context.OriginClosed();
        _closing.Cancel();
        _closing.Dispose();
        run?.Body.Abort();
        Record.Connected = false;
        seat?.At.Loop.Leave(Id);
    }

    // --- Called by the loop, through the seat

    /// <param name="run">Blocks of the file.</param>
    internal void Request(OriginSeat seat, BlockRun run)
    {
        lock (_gate)
        {
            if (seat != _seat)
            {
                return;
            }

            // What contradicted itself is never joined from two answers.
            if (_gone || _access is null || Content.Falsified)
            {
                seat.Post(EventKind.Rejected, run.First, run.Count);
                return;
            }

            if (_run is not null || _asked is not null)
            {
                _pending = run;
                return;
            }

            Ask(run);
        }
    }

    /// <param name="first">Block of the file.</param>
    internal void Cancel(OriginSeat seat, int first)
    {
        IOriginBody? ended = null;
        lock (_gate)
        {
            // After a contradiction its response has this answer alone, and no tree puts the cut off any more.
            if (seat != _seat || Content.Falsified)
            {
                return;
            }

            if (_pending is { } waits && waits.First >= first)
            {
                _pending = null;
            }

            var stopAt = (long)first * PieceLayout.BlockSize;
            if (_asked is { } asked)
            {
                asked.StopBefore = Math.Min(asked.StopBefore, stopAt);
            }

            if (_run is not null && WaitsForProof())
            {
                _deferredStop = Math.Min(_deferredStop, stopAt);
            }
            else if (_run is { } run && stopAt < run.StopBefore)
            {
                run.Cut = true;
                run.StopBefore = Math.Max(stopAt, run.Next);
                ended = run.StopBefore == run.Next ? run.Body : null;
            }
        }

        ended?.Abort();
        _pace.Set();
    }

    /// <summary>A block of this answer agreed with the tree: a cut that was put off until then is made now.</summary>
    internal void OnProven()
    {
        OriginSeat? seat;
        long stopAt;
        lock (_gate)
        {
            if (_deferredStop == long.MaxValue || WaitsForProof())
            {
                return;
            }

            (seat, stopAt, _deferredStop) = (_seat, _deferredStop, long.MaxValue);
        }

        if (seat is not null)
        {
            Cancel(seat, (int)(stopAt / PieceLayout.BlockSize));
        }
    }

    internal void JoinLoop(Attachment at)
    {
        lock (_gate)
        {
            if (_gone)
            {
                return;
            }

            _seat = new(this, at);
            // The run before the ability to run: else the core would ask for what is already coming.
            at.Loop.Join(Id, _seat, requestSlots: 1, rttMicros: 0);
            if (_run is { } run)
            {
                PostRunStarted(run, 0);
            }
            else if (_asked is { } asked)
            {
                asked.Announced = true;
                asked.StopBefore = long.MaxValue;
                _seat.Post(EventKind.RunStarted, asked.Run.First, asked.Run.Count);
            }

            _seat.Post(EventKind.SourceHas, 0, Content.BlockCount);
        }
    }

    internal void LeaveLoop(Attachment at)
    {
        lock (_gate)
        {
            if (_seat?.At != at)
            {
                return;
            }

            _seat = null;
            _pending = null;
        }

        at.Loop.Leave(Id);
    }

    // --- Inside the lock

    /// <summary>
    /// True for the one answer of a response whose tree nothing of it has confirmed yet: cut now, it could not go on alone should
    /// it turn out that the tree describes other bytes; while the tree is on its way too. And true for a response that may not have the
    /// tree's bytes at all. While other viewers are awaited nobody waits for proof: what all of them fetch meanwhile is the same, and
    /// the price is a response that breaks off where a site's torrent is not of its file (tests/Lab, flash-crowd).
    /// </summary>
    private bool WaitsForProof() => IsYielding || (Content.IsBound && (!_reader.TreeAllowed || (_bodies == 1 && !Content.IsProven(Id) && !AreViewersExpected)));

    private bool AreViewersExpected => _seat is { } seat && _context.Now < seat.At.Loop.ViewersExpectedUntil;

    private void OnAnswer(long start)
    {
        _bodies++;
        _bodyStart = start;
        _firstStart = Math.Min(_firstStart, start);
    }

    private void Ask(BlockRun run)
    {
        var asked = new Asked(run);
        _pending = null;
        _asked = asked;
        // Off the loop's thread: what is here already would be read and hashed on it.
        _ = Task.Run(() => FetchAsync(asked));
    }

    private void PostRunStarted(OriginAnswerRun run, long ttfbMicros)
    {
        var end = (int)((run.StopBefore + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
        _seat?.Post(EventKind.RunStarted, run.NextBlock, end - run.NextBlock, ttfbMicros);
    }

    /// <summary>
    /// The origin failed, and the loop was told so. Says when it may be asked again; false if it is gone for this response, and
    /// the caller tells the reader.
    /// </summary>
    private bool TakesAnother(FetchError error)
    {
        _failures++;
        if (!_gone && _access is not null && !Content.Falsified && error.MayRetry && _failures <= MaxFailures)
        {
            // At once the first time: most broken streams are a dropped connection. Then 0.25, 0.5, 1 … s.
            var hold = _failures == 1 ? 0 : 250_000L << Math.Min(6, _failures - 2);
            _seat?.Post(EventKind.OriginHeld, 0, (_context.Now + hold).Micros);
            return true;
        }

        _gone = true;
        return false;
    }

    /// <summary>Outside the lock: the origin is gone for this response.</summary>
    private void OnGone(FetchError error)
    {
        OriginSeat? seat;
        lock (_gate)
        {
            (seat, _seat) = (_seat, null);
            if (_disposed)
            {
                return;
            }
        }

        Record.Connected = false;
        LogGone(_context.Logger, Address, error.Detail);
        seat?.At.Loop.Leave(Id);
        _reader.OnOriginGone(error);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "origin {Host} is gone for this response: {Detail}")]
    private static partial void LogGone(ILogger logger, string host, string detail);
}
