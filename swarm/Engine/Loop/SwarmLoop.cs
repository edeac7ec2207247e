using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Swarm.Core;
using Swarm.Engine.Tracing;

namespace Swarm.Engine;

/// <summary>
/// One swarm's thread of decisions: queue → <see cref="SwarmState.Step"/> → dispatch. It has no policy: what happens is in
/// the events, what to do is in the decisions, and every event is logged before it is applied.
/// </summary>
internal sealed partial class SwarmLoop : IBeat, IAsyncDisposable
{
    /// <summary>A wake further away than this is asked for again on the way.</summary>
    private const long MaxWakeMicros = 3_600_000_000;

    private readonly EngineContext _context;
    private readonly Channel<SwarmEvent> _events = Channel.CreateUnbounded<SwarmEvent>(new() { SingleReader = true });
    private readonly SwarmState _state;
    private readonly DecisionBuffer _decisions = new();
    private DecisionDigest _digest;
    private readonly EventLog _log;
    private readonly FetchTrace _trace;
    private readonly ConcurrentDictionary<int, IBlockSource> _sources = new();
    private readonly HashSet<IBlockSource> _touched = [];
    private readonly ITimer _wake;
    private readonly Task _running;
    private readonly FileContent?[] _files;
    private Instant _last;
    private long _viewersExpectedUntil;
    private int _readers;

    /// <param name="infohash">The torrent whose swarm this is; null for a lone origin resource.</param>
    public SwarmLoop(EngineContext context, int id, ContentLayout layout, InfoHash? infohash, EventLog log, ulong seed)
    {
        _context = context;
        Id = id;
        Layout = layout;
        InfoHash = infohash;
        _log = log;
        _trace = new(context);
        _state = new SwarmState(layout, seed, new SchedulerOptions());
        _files = new FileContent?[layout.Files.Length];
        _wake = context.Time.CreateTimer(_ => Post(EventKind.Wake, 0), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        context.Heartbeat.Add(this);
        // The loop outlives the request that opens it: what flows with that one, its span among it, is not the loop's.
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(RunAsync);
        }
    }

    public int Id { get; }
    public ContentLayout Layout { get; }
    public InfoHash? InfoHash { get; }
    public EventLog Log => _log;

    /// <summary>Open readers of all files.</summary>
    public int Readers => Volatile.Read(ref _readers);

    /// <summary>Other viewers are on their way until then, by a tracker's word: until they are here each asks the same origin.</summary>
    public Instant ViewersExpectedUntil
    {
        get => new(Volatile.Read(ref _viewersExpectedUntil));
        set
        {
            Volatile.Write(ref _viewersExpectedUntil, value.Micros);
            Post(EventKind.ViewersExpected, -1, 0, value.Micros);
        }
    }

    /// <summary>Raised with the new number of readers, from any thread.</summary>
    public Action<SwarmLoop, int>? ReadersChanged { get; set; }

    public IEnumerable<IBlockSource> Sources => _sources.Values;

    /// <summary>The origin sources of a host; with or without its port.</summary>
    public IEnumerable<int> OriginsAt(string authority) =>
        _sources.Where(s => s.Value is OriginSeat seat && (seat.Address == authority || authority.StartsWith(seat.Address + ":", StringComparison.Ordinal))).Select(s => s.Key);

    public bool HasPeers => _sources.Values.Any(s => s.Kind != SourceKind.Origin);

    /// <summary>True once a peer is being looked for or connected: a waiting reader is given time.</summary>
    public Func<bool> MayFindPeers { get; set; } = () => false;

    /// <summary>Told of sources, on the loop's thread, whose lie came to light after they left.</summary>
    public Action<int>? LiarGone { get; set; }

    /// <summary>Told of blocks that came or went; set before the first content is attached.</summary>
    public IBlockWatcher? Watcher { get; set; }

    /// <summary>Who tells peers what this swarm asks its origin for; set before the first peer joins.</summary>
    public SwarmCrowd? Crowd { get; set; }

    public FileContent? File(int index) => Volatile.Read(ref _files[index]);

    /// <summary>The content that a block of this layout belongs to and its number there; null if no client asked for that file.</summary>
    public FileContent? FileAt(int block, out int fileBlock)
    {
        var index = Layout.FileOf(block);
        fileBlock = index < 0 ? 0 : block - Layout.Files[index].FirstBlock;
        return index < 0 ? null : File(index);
    }

    /// <summary>Gives a file its content. False if another version has the place.</summary>
    /// <param name="beside">Where the content would belong, were the place free.</param>
    public bool TryAttach(FileContent content, int file, Attachment? beside = null)
    {
        var before = Interlocked.CompareExchange(ref _files[file], content, null);
        if (before is not null)
        {
            return ReferenceEquals(before, content);
        }

        content.AttachTo(new(this, file, Layout.Files[file].FirstBlock) { Beside = beside });
        return true;
    }

    public void Detach(FileContent content)
    {
        for (var i = 0; i < _files.Length; i++)
        {
            if (Interlocked.CompareExchange(ref _files[i], null, content) == content)
            {
                // Whoever has the place next says what is there.
                Post(EventKind.Lost, -1, Layout.Files[i].FirstBlock, Layout.Files[i].BlockCount);
                Watcher?.Changed(Layout.Files[i].FirstBlock, Layout.Files[i].BlockCount);
            }
        }
    }

    public void Post(EventKind kind, int id, int a = 0, long b = 0, long c = 0) =>
        _events.Writer.TryWrite(new(kind, _context.Now, id, a, b, c));

    /// <summary>
    /// Writes into a source's record that it brought a wrong block, before a byte that was rejected for it comes from elsewhere: a
    /// receipt that counts the one names the other. What follows for the source is decided by the event.
    /// </summary>
    public void Accuse(int id, int block)
    {
        if (_context.Sources.Find(id) is { Banned: false } record)
        {
            record.Ban(new(block, "the block failed its hash", _context.Time.GetUtcNow()));
        }
    }

    public void Join(int id, IBlockSource source, int requestSlots, long rttMicros)
    {
        _sources[id] = source;
        Post(EventKind.SourceJoined, id, (int)source.Kind, requestSlots, rttMicros);
    }

    public void Leave(int id)
    {
        if (_sources.TryRemove(id, out _))
        {
            Post(EventKind.SourceLeft, id);
        }
    }

    public void OnReaderOpened() => ReadersChanged?.Invoke(this, Interlocked.Increment(ref _readers));

    public void OnReaderClosed() => ReadersChanged?.Invoke(this, Interlocked.Decrement(ref _readers));

    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _wake.DisposeAsync();
        _context.Heartbeat.Remove(this);
        await _running;
        _trace.Close();
        foreach (var source in _sources.Values)
        {
            source.Close();
        }

        // Nobody decides anything any more: who still waits here would wait for ever.
        ResetReaders("this swarm was closed");
        _log.Finish(_digest.Value);
        _log.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _events.Reader.WaitToReadAsync())
            {
                while (_events.Reader.TryRead(out var e))
                {
                    Step(e);
                }

                Flush();
                _log.Checkpoint(_digest.Value);
            }
        }
        catch (Exception e)
        {
            // A bug. A reset tells the clients; a silent loop would let them wait for ever.
            _events.Writer.TryComplete();
            LogBroken(_context.Logger, Id, e);
            ResetReaders("an internal fault ended this swarm");
        }
    }

    /// <summary>Logs and applies one event and hands out what follows from it, before the next: a log replays event by event.</summary>
    private void Step(SwarmEvent e)
    {
        // Posted from many threads: the clock of the log never runs backwards.
        if (e.At < _last)
        {
            e = e with { At = _last };
        }

        _last = e.At;
        _log.Append(e);
        _trace.OnEvent(e);
        _state.Step(e, _decisions);
        foreach (ref readonly var d in _decisions.Items)
        {
            _digest.Add(d);
            Dispatch(d);
        }

        _decisions.Clear();
        if (e is { Kind: EventKind.Corrupt, Id: >= 0 } && !_sources.ContainsKey(e.Id))
        {
            LiarGone?.Invoke(e.Id);
        }
    }

    private void Dispatch(in Decision d)
    {
        if (d.Kind == DecisionKind.WakeAt)
        {
            Arm(d.At);
            return;
        }

        if (d.Kind == DecisionKind.Claim)
        {
            Crowd?.Claim(d.Source, d.Run);
            return;
        }

        if (!_sources.TryGetValue(d.Source, out var source))
        {
            return;
        }

        _touched.Add(source);
        switch (d.Kind)
        {
            case DecisionKind.Request:
                _trace.OnRequest(d, source, FileAt(d.First, out var fileBlock), fileBlock);
                source.Request(d.Run, d.At);
                break;
            case DecisionKind.Cancel:
                _trace.OnCancel(d);
                source.Cancel(d.Run);
                break;
            case DecisionKind.AskHashes:
                source.AskHashes(d.Run);
                break;
            case DecisionKind.Ban:
                source.Ban(d.First);
                break;
        }
    }

    private void Arm(Instant at)
    {
        // Whole milliseconds, upwards: timers cut the rest off, and a wake before its time only asks for the next one.
        var millis = (Math.Clamp(at - _context.Now, 0, MaxWakeMicros) + 999) / 1_000;
        _wake.Change(at == Instant.Never ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(millis), Timeout.InfiniteTimeSpan);
    }

    private void Flush()
    {
        foreach (var source in _touched)
        {
            source.Flush();
        }

        _touched.Clear();
    }

    private void ResetReaders(string reason)
    {
        foreach (var content in _files)
        {
            if (content?.Attachment is { } at && at.Loop == this)
            {
                foreach (var reader in content.Readers)
                {
                    reader.Reset(reason);
                }
            }
        }
    }

    bool IBeat.IsBusy => Readers > 0;

    /// <summary>Looks whether its readers wait in vain.</summary>
    void IBeat.Beat()
    {
        var anyPeer = HasHelp;
        foreach (var content in _files)
        {
            var besides = content?.Attachment?.Beside?.Loop;
            foreach (var reader in content?.Readers ?? [])
            {
                reader.CheckStalled(anyPeer || besides is { HasHelp: true });
            }
        }
    }

    /// <summary>A waiting reader may hope for others than its origin.</summary>
    private bool HasHelp => HasPeers || MayFindPeers();

    [LoggerMessage(EventId = 20, Level = LogLevel.Critical, Message = "swarm loop {Loop} ended by a fault; its responses are reset")]
    private static partial void LogBroken(ILogger logger, int loop, Exception fault);
}
