using System.Diagnostics;
using Swarm.Core;
using Swarm.Engine.Tracing;

namespace Swarm.Engine;

/// <summary>
/// One client's pass over one range of one version: hands out releasable bytes in order, waits where there are none, and
/// says where it stands. One thread reads; any thread may wake it.
/// </summary>
public sealed partial class ResourceReader : IAsyncDisposable
{
    /// <summary>
    /// A client that was once full and then waits this long stalls. Shorter waits are the pace of the network, and a client that was
    /// never full is a download, which always waits.
    /// </summary>
    private const long StallMicros = 100_000;

    /// <summary>A client that is full for less is only a socket being drained; the once-a-second look finds the others.</summary>
    private const long BlockedMicros = 10_000;

    private const int AnnounceBytes = 256 << 10;
    private const long AnnounceMicros = 100_000;

    /// <summary>With nobody left to ask, a waiting reader ends after this long.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a byte waits for the leaf that would prove it.</summary>
    private const long ProofMicros = 1_000_000;

    /// <summary>How long a byte that is here may be withheld from this response while nobody brings it.</summary>
    private const long WithheldMicros = 5_000_000;

    /// <summary>Fetches of one response that have spans: what is wrong shows in the first of them, and a film has tens of thousands.</summary>
    private const int TracedFetchesMax = 1_000;

    private readonly AsyncSignal _signal = new();
    private readonly EngineContext _context;
    private readonly ReaderHint _hint;
    private readonly ReleaseLedger _ledger = new();
    private int _tracedFetches;
    private readonly long _openedAt;
    private long _position;
    private long _announcedPosition = -1;
    private long _announcedAt;
    private bool _announcedTakes = true;
    private volatile bool _waiting;
    private string? _reset;
    private FetchError? _originGone;
    private int _onlyFrom = -1;
    private volatile bool _mixed;
    private bool _wasFull;
    private bool _treeFirst;

    /// <summary>The client waits although the byte is here: for its proof, and not for a slow source.</summary>
    private bool _withheld;

    /// <summary>Bytes that were here waited in vain for their proof: what no leaf is known of does not wait again.</summary>
    private bool _untold;
    private volatile bool _blocked;
    private long _waitingSince;
    private long _stallMicros;
    private int _stalls;
    private long _firstByteAt;
    private volatile bool _closed;
    private readonly DiskPace _pace;
    private volatile bool _treeAllowed;

    /// <summary>Guards the seat and what was announced there: the reading thread, a content that moves, and the closing meet here.</summary>
    private readonly Lock _seatGate = new();
    private volatile Attachment? _seat;

    /// <summary>The content beside which this reader's has its seat, while it is its guest.</summary>
    private FileContent? _host;

    /// <summary>The client has everything, or all that is left is its own answer's alone: the core knows this reader no more.</summary>
    private bool _needsNothing;

    internal ResourceReader(EngineContext context, FileContent content, ByteRange range, ReaderHint hint)
    {
        _context = context;
        _hint = hint;
        Content = content;
        Range = range;
        _position = range.Offset;
        Id = context.NextId();
        _openedAt = context.Now.Micros;
        _pace = new DiskPace(context);
        Trace = SwarmTrace.Current?.Context ?? default;
    }

    public int Id { get; }

    /// <summary>The bytes asked for, in the representation.</summary>
    public ByteRange Range { get; }

    public FileContent Content { get; }

    /// <summary>The span that opened this reader, which what is fetched for it hangs from; none where nobody traces.</summary>
    public ActivityContext Trace { get; }

    /// <summary>The next byte the client has not been given.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>
    /// True if bytes that the tree proves may leave in this response: the tree's authority stands by itself, or this
    /// response's own permission answer carried its Link (L5c).
    /// </summary>
    public bool TreeAllowed
    {
        get => _treeAllowed;
        set
        {
            _treeAllowed = value;
            Origin?.OnProven();
            Wake();
        }
    }

    /// <summary>The origin's answer waits after its head, a second at the most, until <see cref="TakeLine"/>: what is fetched meanwhile finds its line free.</summary>
    public void YieldLine() => Origin?.YieldLine();

    public void TakeLine() => Origin?.TakeLine();

    internal OriginSource? Origin { get; private set; }

    internal ReleaseLedger Ledger => _ledger;

    /// <summary>True as long as another fetch for this reader may have a span.</summary>
    internal bool MayTraceFetch() => Interlocked.Increment(ref _tracedFetches) <= TracedFetchesMax;

    /// <summary>Times the client, once full, waited at the playhead, and for how long in all.</summary>
    public (int Count, TimeSpan Total) Stalls => (_stalls, TimeSpan.FromMicroseconds(Volatile.Read(ref _stallMicros)));

    /// <summary>From opening to the first byte handed out; null before that.</summary>
    public TimeSpan? FirstByteAfter => _firstByteAt == 0 ? null : TimeSpan.FromMicroseconds(_firstByteAt - _openedAt);

    public bool IsClosed => _closed;

    /// <summary>Bytes released so far, by number of the source that delivered them (-1: the store), most first.</summary>
    public IReadOnlyList<(int Source, long Bytes)> Released => _ledger.Snapshot();

    /// <summary>Released bytes that others than the origin delivered and that passed the tree as 16 KiB leaves.</summary>
    public long VerifiedBytes => _ledger.VerifiedPeerBytes;

    /// <summary>Why the origin gives this response nothing more; null while it may.</summary>
    public FetchError? OriginError => _originGone;

    internal TimeSpan OpenFor => TimeSpan.FromMicroseconds(_context.Now.Micros - _openedAt);

    internal bool IsWaiting => _waiting;

    /// <summary>True while the client waits because the disk does not follow.</summary>
    internal bool IsHeldBack => _pace.Holds;

    /// <summary>Where the core is told that this reader stands: behind what only this client's own answer brought.</summary>
    private long Standing => Origin is { } origin ? Math.Min(Range.End, origin.ReachOf(Position)) : Position;

    /// <summary>
    /// Reads the next releasable bytes; 0 at the end of the range. An empty buffer waits until a byte is there.
    /// </summary>
    /// <exception cref="ResourceResetException">The rest cannot be delivered right: reset the connection.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> to, CancellationToken cancel)
    {
        await _pace.WaitAsync(Content, cancel);

        while (true)
        {
            if (Volatile.Read(ref _reset) is { } reason)
            {
                throw new ResourceResetException(reason);
            }

            if (_position == Range.End)
            {
                return 0;
            }

            var single = Volatile.Read(ref _onlyFrom) >= 0;
            if (single && _mixed)
            {
                Reset(Contradicted);
                continue;
            }

            // Asked before looking: bytes that its one answer has passed and that are not here now will not come again.
            var passed = single && Origin!.HasPassed(_position);

            if (to.IsEmpty)
            {
                if (IsAvailable())
                {
                    return 0;
                }
            }
            else if (TryReadFirst(to.Span) is > 0 and var n)
            {
                OnGiven(n);
                return n;
            }

            if (passed)
            {
                Reset(Contradicted);
                continue;
            }

            _withheld |= TreeAllowed && !WaitedForProof && Content.FirstMissing(new(_position, 1)) > _position;
            if (!_waiting)
            {
                // Say so first, then look once more: what came in between has seen the flag or is seen now.
                _waitingSince = _context.Now.Micros;
                _waiting = true;
                Announce(takes: true, always: true);
                Content.OnReaderWaits(this);
                continue;
            }

            await _signal.WaitAsync(cancel);
        }
    }

    /// <summary>The client's connection took no more, or takes again: what tells a player from a download.</summary>
    public void OnClientBlocked(bool blocked)
    {
        _blocked = blocked;
        if (blocked)
        {
            _wasFull = true;
            if (_context.Now.Micros - _announcedAt > BlockedMicros)
            {
                Announce(takes: false);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Attachment? seat;
        lock (_seatGate)
        {
            if (_closed)
            {
                return ValueTask.CompletedTask;
            }

            _closed = true;
            (seat, _seat) = (_seat, null);
        }

        Content.RemoveReader(this);
        if (seat is not null)
        {
            PostClosed(seat);
        }

        Origin?.Dispose();
        if (seat is not null)
        {
            CountNoLonger(seat);
        }

        Content.TrimMemory(all: false);
        return ValueTask.CompletedTask;
    }

    // --- For the engine

    /// <summary>True if this reader still has to pass the block.</summary>
    internal bool Needs(int block) =>
        !_closed && (long)(block + 1) * PieceLayout.BlockSize > Position && (long)block * PieceLayout.BlockSize < Range.End;

    internal void Wake()
    {
        // What the caller changed must be seen by a reader that this look misses.
        Interlocked.MemoryBarrier();
        if (_waiting)
        {
            _signal.Set();
        }
    }

    internal void WakeFor(int block)
    {
        if (_waiting && Position / PieceLayout.BlockSize == block)
        {
            _signal.Set();
        }
    }

    internal void OnOriginGone(FetchError error)
    {
        _originGone = error;
        Wake();
    }

    /// <summary>See <see cref="FileContent.Falsify"/>: one uninterrupted origin answer goes on, anything else is reset.</summary>
    internal void OnFalsified()
    {
        if (Origin is { } origin && origin.CoversUninterrupted(Range.End))
        {
            // The restriction first, the look afterwards: the reading thread marks the mixture first and looks at the restriction afterwards.
            Interlocked.Exchange(ref _onlyFrom, origin.Id);
            if (!_mixed)
            {
                Wake();
                return;
            }
        }

        Reset(Contradicted);
    }

    private const string Contradicted = "the origin contradicted the published tree (or itself) under an unchanged validator";

    internal void Reset(string reason)
    {
        Interlocked.CompareExchange(ref _reset, reason, null);
        _signal.Set();
    }

    /// <summary>Called by the loop once a second: with nobody left to ask, waiting ends in a reset.</summary>
    internal void CheckStalled(bool anyPeer)
    {
        if (_blocked && _announcedTakes)
        {
            Announce(takes: false);
        }

        if (!_waiting)
        {
            return;
        }

        if (_context.Now.Micros - _waitingSince > ProofMicros)
        {
            Wake();
        }

        var nobody = (Origin is null || _originGone is not null) && !anyPeer;
        if (nobody && _originGone is { } gone)
        {
            Reset($"the origin is gone ({gone.Detail}) and no peer has the rest");
        }
        else if ((Origin is null || _originGone is not null) && _context.Now.Micros - _waitingSince > (long)StallLimit.TotalMicroseconds)
        {
            Reset($"no source delivered byte {Position} for {StallLimit.TotalSeconds:F0} s");
        }
        else if (!TreeAllowed && Origin is { IsRunning: false } && _context.Now.Micros - _waitingSince > WithheldMicros && !Content.LacksAny(new(Position, 1))
            && !Content.IsFromOrigin((int)(Position / PieceLayout.BlockSize)))
        {
            // A peer brought the block for another response, so that no one asks for it again; this one may not have it.
            Reset($"byte {Position} is here by a tree that this response's own permission does not cover");
        }
    }

    private void OnGiven(int n)
    {
        if (_waiting)
        {
            _waiting = false;
            _withheld = false;
            var waited = _context.Now.Micros - _waitingSince;
            if (_wasFull && waited >= StallMicros)
            {
                _stalls++;
                Interlocked.Add(ref _stallMicros, waited);
            }
        }

        if (_firstByteAt == 0)
        {
            _firstByteAt = Math.Max(1, _context.Now.Micros);
        }

        _pace.Take(n, isPlayer: _wasFull);
        var before = (int)(_position / PieceLayout.BlockSize);
        Volatile.Write(ref _position, _position + n);
        Announce(takes: true);
        Origin?.OnReaderAdvanced();
        var now = (int)(_position / PieceLayout.BlockSize);
        for (var block = before; block < now; block++)
        {
            Content.ReaderPassed(block);
        }
    }
}
