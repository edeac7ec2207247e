using Swarm.Discovery;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// The peers of one torrent: who is known, who is being dialled, who is connected, who is banned. It finds and keeps
/// connections; what they are asked for is the loop's business. This file is its lifetime; dialling and keeping stand in one each.
/// </summary>
internal sealed partial class TorrentSwarm : IPeerKeeper, IBeat, IAsyncDisposable
{
    /// <summary>Other viewers that are dialled now serve within this, or not soon: three round trips of 150 ms, a choke round, and some.</summary>
    private const long ViewersLimit = 1_500_000;

    private readonly EngineContext _context;
    private readonly EngineNetwork _network;
    private readonly Metainfo _metainfo;
    private readonly PeerTorrent _torrent;
    private readonly SwarmCrowd _crowd;
    private readonly WebSeeds _webSeeds;
    private bool _httpsOnly;
    private readonly IReadOnlyList<PeerHint> _hints;
    private readonly Lock _gate = new();
    private readonly DialBook _book;
    private readonly SwarmPex _pex = new();
    private readonly PeerPlaces _places;
    private readonly CancellationTokenSource _closing = new();
    private IPeerFinder? _finder;
    private Task _findingAnew = Task.CompletedTask;
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _startedMicros;
    private int _dialling;
    private bool _closed;
    private bool _isCompleteTold;

    /// <param name="hints">Peers that came with the torrent.</param>
    public TorrentSwarm(
        EngineContext context, EngineNetwork network, SwarmLoop loop, SwarmUploads uploads, Metainfo metainfo, bool httpsOnly, IReadOnlyList<PeerHint> hints)
    {
        Uploads = uploads;
        _hints = hints;
        _crowd = new(context, loop, uploads, metainfo, network.PeerSettings.PeerId);
        loop.Crowd = _crowd;
        loop.Watcher = loop.Watcher is { } watcher ? new BothWatchers(watcher, _crowd) : _crowd;
        _context = context;
        _network = network;
        _metainfo = metainfo;
        _httpsOnly = httpsOnly;
        Loop = loop;
        loop.LiarGone = BanGone;
        _torrent = new(metainfo.InfoHash, loop.Layout.PieceCount)
        {
            Metadata = metainfo.InfoBytes,
            ExchangesPeers = context.Options.Pex && !metainfo.IsPrivate,
            UsesDht = context.Dht is not null && !metainfo.IsPrivate && !httpsOnly,
        };
        _book = new(FirstRetry, MaxAttempts, network.PriorityOf);
        _places = new(context.Options.MaxPeersPerSwarm, network);
        _webSeeds = new(context, loop, metainfo, () => context.WebSeedAccess);
        context.Heartbeat.Add(this);
    }

    public SwarmLoop Loop { get; }

    /// <summary>What it gives.</summary>
    public SwarmUploads Uploads { get; }

    public PeerTorrent Torrent => _torrent;

    public Metainfo Metainfo => _metainfo;

    public IReadOnlyList<PeerSource> Connected
    {
        get
        {
            lock (_gate)
            {
                return [.. _places.All];
            }
        }
    }

    public int BannedAddresses
    {
        get
        {
            lock (_gate)
            {
                return _places.BannedAddresses;
            }
        }
    }

    /// <summary>True while a waiting reader may hope for peers: connected, being dialled, or the first announce is still young.</summary>
    public bool MayFindPeers
    {
        get
        {
            lock (_gate)
            {
                if (_places.Count > 0 || _dialling > 0 || _context.Now.Micros - _startedMicros < 10_000_000)
                {
                    return true;
                }
            }

            return _webSeeds.MayHelp;
        }
    }

    /// <summary>Ends when it is clear whether others watch too: a tracker says that nobody does, none is left to say so, or one of them is connected.</summary>
    public Task Met => _met.Task;

    /// <summary>Announces and dials. Never throws; a dead tracker or peer is only noticed in the log.</summary>
    public void Start()
    {
        _startedMicros = _context.Now.Micros;
        _isCompleteTold = Uploads.IsComplete; // it says so itself, with nothing left, as it announces first
        if (_metainfo.IsPrivate)
        {
            // BEP 27: only peers of its trackers.
            if (_context.Options.ExtraPeers.Count > 0)
            {
                _context.Events.Publish("peer.refused", $"{_metainfo.Name} is private: only peers of its trackers are dialled");
            }
        }
        else
        {
            foreach (var (host, port) in _context.Options.ExtraPeers)
            {
                _ = ResolveExtraAsync(host, port);
            }

            foreach (var (host, port) in _hints)
            {
                _ = ResolveExtraAsync(host, port);
            }
        }

        _finder = FindPeers();
        _webSeeds.Tick();
    }

    /// <summary>Somebody has it not by https alone: from now on it is looked for in clear too.</summary>
    public void SpeakInClear()
    {
        lock (_gate)
        {
            if (!_closed && _httpsOnly)
            {
                _httpsOnly = false;
                _findingAnew = FindAnewAsync(Interlocked.Exchange(ref _finder, null));
            }
        }
    }

    /// <summary>The one before ends first: its farewell to a tracker would take the other's word back.</summary>
    private async Task FindAnewAsync(IPeerFinder? before)
    {
        await Task.Yield();
        if (before is not null)
        {
            await before.DisposeAsync();
        }

        lock (_gate)
        {
            _finder = _closed ? null : FindPeers();
        }
    }

    private IPeerFinder? FindPeers() => _network.FindPeers(new(_metainfo.InfoHash)
    {
        TrackerTiers = [.. _metainfo.TrackerTiers.Select(t => (IReadOnlyList<string>)t)],
        HttpsOnly = _httpsOnly,
        IsPrivate = _metainfo.IsPrivate,
        LeftBytes = LeftBytes,
        IsActive = () => IsActive,
        Found = OnFound,
        TrackersSilent = () => _met.TrySetResult(),
    });

    private bool IsActive => Loop.Readers > 0 || Uploads.Gives;

    private void OnFound(FoundPeers found)
    {
        foreach (var peer in found.EndPoints)
        {
            Learn(peer, found.By);
        }

        if (found.Leechers > 1 && found.EndPoints.Count > 0)
        {
            Loop.ViewersExpectedUntil = _context.Now + ViewersLimit;
        }
        else if (found.By == FoundBy.Tracker)
        {
            _met.TrySetResult();
        }

        DialMore();
    }

    bool IBeat.IsBusy => Loop.Readers > 0;

    void IBeat.Beat() => Tick();

    /// <summary>Somebody reads: who may be asked is asked.</summary>
    public void Tick()
    {
        if (!_isCompleteTold && Uploads.IsComplete)
        {
            _isCompleteTold = true;
            _finder?.Completed();
        }

        _webSeeds.Tick();
        DialMore();
        if (_torrent.ExchangesPeers && Uploads.Announces)
        {
            _pex.Tell(Connected, _context.Now);
        }
    }

    public IReadOnlyList<HttpSeedSnapshot> HttpSeeds => _webSeeds.Snapshot;

    /// <summary>Where else one of its files lies, by its origin's word.</summary>
    public void AddMirrors(int file, IReadOnlyList<string> urls) => _webSeeds.AddMirrors(file, urls);

    public async ValueTask DisposeAsync()
    {
        PeerSource[] peers;
        lock (_gate)
        {
            _closed = true;
            peers = [.. _places.All];
        }

        _met.TrySetResult();
        await _closing.CancelAsync(); // never disposed: dials that end later still look at its token
        _context.Heartbeat.Remove(this);
        _webSeeds.Close();
        foreach (var peer in peers)
        {
            peer.Close();
        }

        await _findingAnew;
        if (_finder is not null)
        {
            await _finder.DisposeAsync();
        }
    }

    private long LeftBytes() => Uploads.IsComplete ? 0 : Loop.Layout.Files.Sum(f => f.Length);
}
