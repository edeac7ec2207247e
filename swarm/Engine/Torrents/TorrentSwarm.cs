using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// The peers of one torrent: who is known, who is being dialled, who is connected, who is banned. It finds and keeps
/// connections; what they are asked for is the loop's business.
/// </summary>
internal sealed class TorrentSwarm : IPeerKeeper, IAsyncDisposable
{
    /// <summary>libtorrent's min_reconnect_time is 60 s; a loopback seed that just restarts deserves less at first.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Other viewers that are dialled now serve within this, or not soon: three round trips of 150 ms, a choke round, and some.</summary>
    private const long ViewersLimit = 1_500_000;

    private const int MaxAttempts = 6;

    private readonly EngineContext _context;
    private readonly EngineNetwork _network;
    private readonly Metainfo _metainfo;
    private readonly PeerTorrent _torrent;
    private readonly SwarmCrowd _crowd;
    private readonly WebSeeds _webSeeds;
    private readonly bool _httpsOnly;
    private readonly IReadOnlyList<PeerHint> _hints;
    private readonly Lock _gate = new();
    private readonly DialBook _book;
    private readonly SwarmPex _pex = new();
    private readonly Dictionary<int, PeerSource> _connected = [];
    private readonly HashSet<IPAddress> _banned = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _timer;
    private IPeerFinder? _finder;
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
        _webSeeds = new(context, loop, metainfo, () => context.WebSeedAccess);
        _timer = context.Time.CreateTimer(_ => Tick(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
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
                return [.. _connected.Values];
            }
        }
    }

    public int Dialling => Volatile.Read(ref _dialling);

    public int BannedAddresses
    {
        get
        {
            lock (_gate)
            {
                return _banned.Count;
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
                if (_connected.Count > 0 || _dialling > 0 || _context.Now.Micros - _startedMicros < 10_000_000)
                {
                    return true;
                }
            }

            return _webSeeds.MayHelp;
        }
    }

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

        _finder = _network.FindPeers(new(_metainfo.InfoHash)
        {
            TrackerTiers = [.. _metainfo.TrackerTiers.Select(t => (IReadOnlyList<string>)t)],
            HttpsOnly = _httpsOnly,
            IsPrivate = _metainfo.IsPrivate,
            LeftBytes = LeftBytes,
            IsActive = () => IsActive,
            Found = OnFound,
        });
        _webSeeds.Tick();
    }

    /// <summary>Inside the lock.</summary>
    private bool IsFull => _connected.Count >= _context.Options.MaxPeersPerSwarm;

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

        DialMore();
    }

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

    /// <summary>A peer address from outside; ignored when banned, or one too many.</summary>
    public void Learn(IPEndPoint peer, FoundBy by)
    {
        lock (_gate)
        {
            if (!_closed && !_banned.Contains(peer.Address))
            {
                _book.Learn(peer, by);
            }
        }
    }

    /// <summary>Addresses that are known by one way to find them.</summary>
    public int CountKnown(FoundBy by)
    {
        lock (_gate)
        {
            return _book.All.Count(c => c.By == by);
        }
    }

    /// <summary>Addresses that are not dialled because their peer is connected by another way.</summary>
    public int KeptAddresses
    {
        get
        {
            lock (_gate)
            {
                return _book.All.Count(c => c.KeptBy != 0);
            }
        }
    }

    /// <summary>An inbound connection for this torrent; null refuses it.</summary>
    public PeerAdmission? Accept(IPEndPoint from)
    {
        lock (_gate)
        {
            if (_closed || _banned.Contains(from.Address) || (IsFull && Lesser(from) is null))
            {
                return null;
            }

            // It counts once its handshake is done: a caller that never gets there takes nobody's place.
            var source = new PeerSource(_context, Loop, _metainfo, Uploads, _crowd, from, this);
            return new(_torrent, source, source.Upload);
        }
    }

    public async ValueTask DisposeAsync()
    {
        PeerSource[] peers;
        lock (_gate)
        {
            _closed = true;
            peers = [.. _connected.Values];
        }

        await _closing.CancelAsync(); // never disposed: dials that end later still look at its token
        await _timer.DisposeAsync();
        _webSeeds.Close();
        foreach (var peer in peers)
        {
            peer.Close();
        }

        if (_finder is not null)
        {
            await _finder.DisposeAsync();
        }
    }

    private async Task ResolveExtraAsync(string host, int port)
    {
        try
        {
            var target = await _network.Policy.CheckAsync(DialPurpose.Peer, host, port, _closing.Token);
            foreach (var endPoint in target.EndPoints ?? [])
            {
                Learn(endPoint, FoundBy.Given);
            }

            if (target.Refusal is { } refusal)
            {
                _context.Events.Publish("peer.refused", refusal.ToString());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }

        DialMore();
    }

    /// <summary>A peer that gives its place to a caller of greater priority (BEP 40), or callers that are here already would keep all others out; null for none. Who gave or got anything stays. Inside the lock.</summary>
    private PeerSource? Lesser(IPEndPoint caller)
    {
        var least = _connected.Values.Where(p => p is { IsSettled: true, Record: { ReceivedBytes: 0, SentBytes: 0 } }).MinBy(p => _network.PriorityOf(p.EndPoint));
        return least is not null && _network.PriorityOf(least.EndPoint) < _network.PriorityOf(caller) ? least : null;
    }

    PeerClose? IPeerKeeper.OnReady(PeerSource source)
    {
        PeerSource? twin;
        PeerSource? lesser = null;
        lock (_gate)
        {
            twin = _connected.Values.FirstOrDefault(other => other != source && other.IsSettled && other.PeerId == source.PeerId);
            if (twin is not null && !TwinRule.Replaces(source, twin, _network.PeerSettings.PeerId))
            {
                // The one address may be dialled again once the other connection is gone.
                if (_book.Find(source.EndPoint) is { } same)
                {
                    same.KeptBy = twin.Id;
                }

                return new(PeerCloseKind.Duplicate);
            }

            if (_closed || _banned.Contains(source.EndPoint.Address)
                || (twin is null && !_connected.ContainsKey(source.Id) && IsFull && (lesser = Lesser(source.EndPoint)) is null))
            {
                return new(PeerCloseKind.Unwanted);
            }

            if (lesser is not null)
            {
                _connected.Remove(lesser.Id);
            }

            _connected[source.Id] = source;
            source.IsSettled = true;
            if (twin is not null && _book.Find(twin.EndPoint) is { } replaced)
            {
                replaced.KeptBy = source.Id;
            }
        }

        twin?.Close(new(PeerCloseKind.Duplicate));
        lesser?.Close();
        return null;
    }

    void IPeerKeeper.OnDescribed(PeerSource source, PeerConnection peer)
    {
        if (peer.OwnAddress is { } own)
        {
            _network.Own.Hear(source.EndPoint.Address, own);
        }

        if (!peer.IsInbound || peer.ListenPort == 0)
        {
            return;
        }

        var endPoint = new IPEndPoint(source.EndPoint.Address, peer.ListenPort);
        Learn(endPoint, FoundBy.Caller);
        lock (_gate)
        {
            if (_book.Find(endPoint) is { } candidate)
            {
                candidate.KeptBy = source.Id;
            }
        }
    }

    void IPeerKeeper.OnExchanged(PeerSource source, PexMessage message)
    {
        var verdict = _pex.Hear(source, _context.Now);
        if (verdict == PexVerdict.Flood)
        {
            _context.Events.Publish("peer.refused", $"{source.Address} names peers too often");
            source.Close(new(PeerCloseKind.ExchangeFlood));
        }

        if (verdict != PexVerdict.Take)
        {
            return;
        }

        foreach (var (named, flags) in message.Added)
        {
            // What may not be dialled is not remembered: hearsay leads into no local network.
            var endPoint = named.ToEndPoint();
            if (_network.Policy.Verdict(DialPurpose.Peer, endPoint) is not null)
            {
                continue;
            }

            lock (_gate)
            {
                if (!_closed && !_banned.Contains(endPoint.Address))
                {
                    _book.Learn(endPoint, FoundBy.Pex, source.Id, flags.HasFlag(PexFlags.Seed), flags.HasFlag(PexFlags.Reachable));
                }
            }
        }

        DialMore();
    }

    private long LeftBytes() => Uploads.IsComplete ? 0 : Loop.Layout.Files.Sum(f => f.Length);

    private void DialMore()
    {
        while (true)
        {
            DialCandidate? next;
            lock (_gate)
            {
                if (_closed || !IsActive || _connected.Count + _dialling >= _context.Options.MaxPeersPerSwarm)
                {
                    return;
                }

                next = _book.Next(_context.Now, seedsToo: !Uploads.IsComplete, _banned.Contains);
                if (next is null || !_network.TryStartDial())
                {
                    return;
                }

                next.IsBusy = true;
                _dialling++;
            }

            _ = DialAsync(next);
        }
    }

    private async Task DialAsync(DialCandidate candidate)
    {
        Socket? socket = null;
        var refused = false;
        try
        {
            using var patience = new CancellationTokenSource(DialTimeout, _context.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, patience.Token);
            var dial = await _network.Policy.DialAsync(candidate.Purpose, candidate.EndPoint.Address.ToString(), candidate.EndPoint.Port, limit.Token);
            socket = dial.Socket;
            refused = dial.Refusal is not null;
            if (dial.Refusal is { } why)
            {
                _context.Events.Publish("peer.refused", why.ToString());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The time-out, the end of the swarm, or a socket that went while it was being made: as good as no answer.
        }
        finally
        {
            _network.EndDial();
        }

        lock (_gate)
        {
            _dialling--;
            if (socket is null || _closed)
            {
                socket?.Dispose();
                _book.Retire(candidate, _context.Now, forGood: refused);
                return;
            }

            var source = new PeerSource(_context, Loop, _metainfo, Uploads, _crowd, candidate.EndPoint, this);
            _connected[source.Id] = source;
            try
            {
                source.Bind(PeerConnection.StartOutbound(socket, _torrent, source, _network.PeerSettings, source.Upload));
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // Reset between the dial and here.
                socket.Dispose();
                _connected.Remove(source.Id);
                _book.Retire(candidate, _context.Now, forGood: false);
            }
        }
    }

    void IPeerKeeper.OnClosed(PeerSource source, PeerClose reason)
    {
        lock (_gate)
        {
            _connected.Remove(source.Id);
            foreach (var kept in _book.All)
            {
                kept.KeptBy = kept.KeptBy == source.Id ? 0 : kept.KeptBy;
            }

            var forGood = source.IsBanned || reason.Kind is PeerCloseKind.SelfConnection or PeerCloseKind.WrongInfoHash or PeerCloseKind.NotBitTorrent or PeerCloseKind.ExchangeFlood;
            if (source.IsBanned)
            {
                _banned.Add(source.EndPoint.Address);
            }

            if (_book.Find(source.EndPoint) is { } candidate)
            {
                candidate.Attempts = source.Record.ReceivedBytes > 0 ? 0 : candidate.Attempts;
                _book.Retire(candidate, _context.Now, forGood);
            }
        }
    }

    /// <summary>A peer that left before its lie was known does not come back under another number.</summary>
    private void BanGone(int id)
    {
        if (_context.Sources.Find(id) is { Kind: SourceKind.Peer } record && IPEndPoint.TryParse(record.Address, out var endPoint))
        {
            lock (_gate)
            {
                _banned.Add(endPoint.Address);
            }
        }
    }
}
