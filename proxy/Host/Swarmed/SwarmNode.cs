using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;
using Swarm.Discovery;
using Swarm.Engine;
using Swarm.Peer;
using Swarm.Protocol;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;
using Swarm.Proxy.Front;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Library;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tunnel;

namespace Swarm.Proxy.Swarmed;

/// <summary>The engine and what hangs on it, put together from the node's settings: torrents given, peer port, GET handler, view.</summary>
internal sealed partial class SwarmNode : IEngineHost
{
    /// <summary>The port that routers are most often told to pass on to BitTorrent clients.</summary>
    internal const int UsualPeerPort = 51413;

    private static readonly CacheOptions Caching = new();

    private readonly AnswerStore _answers;
    private readonly Meter _cacheMeter;
    private readonly Meter _originMeter;
    private readonly ClientLabels _clients = new();
    private readonly TunnelledHosts _tunnelled;
    private readonly NodeStart _start;
    private readonly StoreNotices _notices;
    private readonly OriginTransport _transport;
    private readonly SwarmEngine _engine;
    private readonly TorrentLibrary _library;
    private readonly CapabilityBook _capabilities;
    private readonly PeerListener? _peers;
    private readonly ReceiptWriter _receipts;
    private EmbeddedTracker? _tracker;
    private OriginGroup? _origins;
    private OriginSite? _proxied;
    private FirstVisits? _visits;
    private readonly StallRule _stall;
    private AccessLog? _accessLog;
    private volatile ProxySettings _settings;

    private SwarmNode(NodeStart start, StoreNotices notices, OriginTransport transport, SwarmEngine engine, PeerListener? peers, AnswerDisk? disk)
    {
        (_start, _notices, _transport, _engine, _peers) = (start, notices, transport, engine, peers);
        _settings = start.Settings;
        _answers = new(Caching.MaxBytes, disk);
        disk?.Start(_answers.AnswersOf);
        _cacheMeter = CacheCounters.Publish(_answers, start.Metrics.MeterName);
        _originMeter = OriginSockets.Publish(transport.Sockets, start.Metrics.MeterName);
        _stall = new(StallRule.DefaultLimit, start.Time);
        _capabilities = new(start.Time);
        _library = TorrentLibrary.Open(Path.Combine(start.Paths.State, "torrents"), engine, start.Events, start.Time, start.Settings.SeedNow);
        _receipts = new(engine, start.Receipts, start.Metrics, start.ControlUrl, start.Time);
        _tunnelled = new(start.Time);
        View = new NodeView(engine, _library, _capabilities, _answers, notices, start.Events, () => ProxyUrl, start.Time) { Own = OwnConnections, Tunnelled = _tunnelled.Big, SetShare = mode => SetSharing(mode, _settings) };
        start.Metrics.ObservePeers(engine.CountPeers);
        Site = new SiteSwarms(engine);
    }

    public INodeView View { get; }

    public ISiteSwarms Site { get; }

    /// <summary>The peer port, if the user asked for one or anything is shared: nobody gains by reaching a node that gives nothing, so READY says <c>none</c> otherwise.</summary>
    public IPEndPoint? PeerEndPoint => _start.Settings is { PeerListen: null, Share: ShareMode.Off } ? null : _peers?.LocalEndPoint;

    public IPEndPoint? TrackerEndPoint => _tracker?.EndPoint;

    private string ProxyUrl { get; set; } = "";

    public static async Task<Started<IEngineHost>> StartAsync(NodeStart start, CancellationToken cancel)
    {
        var settings = start.Settings;
        var torrents = new List<Metainfo>();
        var magnets = new List<Bep53Magnet>();
        foreach (var file in settings.TorrentFiles)
        {
            if (Bep53Magnet.TryParse(file, out var magnet, out _))
            {
                magnets.Add(magnet);
                continue;
            }

            var (torrent, problem) = await GivenTorrent.ReadAsync(file, cancel);
            if (torrent is null)
            {
                return Started.Failed<IEngineHost>(problem!);
            }

            torrents.Add(torrent);
        }

        X509Certificate2Collection roots;
        try
        {
            roots = ExtraRoots.Of(settings.OriginAuthorityFiles);
        }
        catch (FrontUnusableException e)
        {
            return Started.Failed<IEngineHost>(e.Message);
        }

        if (RecordFolder(settings.RecordDirectory) is { } noFolder)
        {
            return Started.Failed<IEngineHost>(noFolder);
        }

        var options = new EngineOptions
        {
            DataDirectory = Path.Combine(start.DataDirectory, "pieces"),
            QuotaBytes = settings.QuotaBytes ?? long.MaxValue / 2,
            RecordDirectory = settings.RecordDirectory,
            ExtraPeers = [.. settings.Peers.Select(p => (p.Host, p.Port))],
            SwarmHosts = settings.SwarmHosts,
            Share = settings.Share,
            Pex = settings.Pex,
            Lsd = settings.Lsd,
            RatioLimit = settings.RatioLimit,
            GivenFile = Path.Combine(start.DataDirectory, "given"),
            UpLimitBytesPerSecond = settings.UpLimitBytesPerSecond,
            LogHeader = $"swarmstream {BuildVersion.Version} {BuildVersion.Commit}",
        };
        var notices = new StoreNotices(start.Logs.CreateLogger("Swarm.Store"));
        var built = EngineBuilder.Build(options, start.Targets, start.Metrics, start.Time, start.Logs.CreateLogger("Swarm.Engine"), notices.Tell);
        if (built.Engine is not { } engine)
        {
            return Started.Failed<IEngineHost>(built.Problem!);
        }

        notices.Store = engine.Store;
        PeerListener? peers = null;
        try
        {
            peers = Listen(start, engine, built.PeerSettings!);
            built.SetListener!(peers.LocalEndPoint);
            start.OwnListeners.Add(peers.LocalEndPoint);
            engine.Dht = NodeDht.Start(start, built.PeerSettings!, peers.LocalEndPoint);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }

        foreach (var torrent in torrents)
        {
            var record = engine.AddTorrent(torrent, givenByUser: true);
            if (settings.SeedNow)
            {
                engine.JoinNow(record);
            }
        }

        foreach (var magnet in magnets)
        {
            engine.AddMagnet(magnet);
            if (settings.SeedNow)
            {
                _ = JoinWhenKnownAsync(engine, magnet);
            }
        }

        var transport = new OriginTransport(new OriginOptions
        {
            Targets = settings.Site is { } site ? start.Targets.Allowing(site.Allowed) : start.Targets,
            Time = start.Time,
            TrustedRoots = roots,
            Upstream = settings.Upstream,
        });
        var node = new SwarmNode(start, notices, transport, engine, peers, OpenCache(start));
        if (node.StartTracker() is { } noTracker)
        {
            await node.DisposeAsync();
            return Started.Failed<IEngineHost>(noTracker);
        }

        return Started.As<IEngineHost>(node);
    }

    /// <summary>The tracker that the user asked for, of the torrents that the user gave. Null, or why not: a sentence.</summary>
    private string? StartTracker()
    {
        if (_start.Settings.TrackerListen is not { } listen)
        {
            return null;
        }

        try
        {
            _tracker = EmbeddedTracker.Start(listen, new(), hash => _engine.Tracked(hash, PeerEndPoint), _start.Time);
        }
        catch (SocketException e)
        {
            return ListenError.Sentence("--tracker-listen", listen, e.SocketErrorCode);
        }

        _start.OwnListeners.Add(_tracker.EndPoint);
        var log = _start.Logs.CreateLogger("Swarm.Tracker");
        LogTracker(log, _tracker.EndPoint);
        return null;
    }

    /// <summary>The proxy port over this engine.</summary>
    public async Task<Started<IProxyListener>> StartFrontAsync(CancellationToken cancel)
    {
        var identity = _transport.Options.Identity;
        var origin = new RedirectFollower(new CachingOrigin(WayToOrigins(), _answers, Caching, _start.Time));
        var metafiles = new MetafileFetcher(origin, identity, _start.Time);
        if (_start.Settings.Site is null)
        {
            // Its bytes go to the piece store, not to the cache. The web seed of a site's own torrents is the site itself.
            _engine.WebSeedAccess = new WebSeedAccess(new RedirectFollower(_transport.Connection), identity);
        }

        _engine.FetchMetafile = async (url, _) => (await metafiles.FetchAsync(url, url)).Metainfo;
        var join = new SwarmJoin(_engine, metafiles, _start.Time, _start.Logs.CreateLogger("Swarm.Join"))
        {
            Siblings = _start.Settings.Site is { Siblings.Count: > 0 } several ? new SiblingTorrents(several, _proxied!, _transport.Connection, _start.Time) : null,
        };
        var settings = _start.Settings;
        var (access, problem) = AccessFiles.Load(settings.ProxyAuthFile, settings.TrustClients);
        if (access is null)
        {
            return Started.Failed<IProxyListener>(problem!);
        }

        try
        {
            _accessLog = settings.AccessLogFile is { } file ? AccessLog.Open(file, settings.AccessLogJson) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Started.Failed<IProxyListener>($"--access-log {settings.AccessLogFile}: the file cannot be opened: {e.Message}");
        }

        var options = new FrontOptions
        {
            Access = access,
            AccessLog = _accessLog,
            Listen = _start.Settings.Listen,
            Sockets = _start.Sockets,
            OwnListeners = _start.OwnListeners,
            Targets = _start.Targets,
            Transport = _transport,
            Identity = identity,
            Get = new CachedGet(new SwarmedGet(_engine, origin, join, _receipts, identity, _stall, _start.Time) { Collapses = settings.Site is not null }, _answers, identity, _stall, _start.Time),
            Documents = origin,
            Cache = new CacheInvalidator(_answers),
            ConnectPorts = new HashSet<int>([443, .. _start.Settings.ConnectPorts]),
            IsTransparent = settings.Transparent,
            GatewayRoot = settings.GatewayRoot,
            Interception = new Interceptor(new AuthorityFolder(_start.Paths.State), _start.Time, _start.Logs.CreateLogger("Swarm.Interception")),
            Torrents = new TorrentFiles(_engine, _receipts, _stall, _start.Time),
            Site = settings.Site is { } site
                ? (get, forwarder) => new OriginRoute(site, _proxied!, new SitePages(site, _proxied!, _start.Receipts), _visits!, _origins!, get, forwarder)
                : null,
            Capabilities = _capabilities,
            Clients = _clients,
            Tunnelled = _tunnelled,
            Time = _start.Time,
            Logs = _start.Logs,
        };
        var started = await FrontListener.StartAsync(_start, options, cancel);
        if (started.Part is { } front)
        {
            ProxyUrl = $"http://{front.EndPoint}";
        }

        return started;
    }

    /// <summary>Anywhere; or, behind a site, to its own servers, whose answers the site hears first.</summary>
    private IOriginConnection WayToOrigins()
    {
        if (_start.Settings.Site is not { } plan)
        {
            return _transport.Connection;
        }

        _origins = new OriginGroup(plan, _transport.Connection, _start.Time);
        _proxied = new OriginSite(plan, _engine, () => TrackerUrls.Of(TrackerEndPoint, plan.Address), _start.Time);
        _visits = new FirstVisits(url => _engine.Current(url, "identity")?.PermitFor("") is { } permit && permit.CoversRepeat("", _engine.Now), _start.Time);
        return new SiteOrigin(_origins, _proxied, _visits);
    }

    private List<OwnConnection> OwnConnections()
    {
        List<OwnConnection> own = [.. _clients.All];
        _transport.Sockets.Visit((label, socket) =>
        {
            try
            {
                if (socket.RemoteEndPoint is IPEndPoint remote)
                {
                    own.Add(OwnConnection.Of(socket.LocalEndPoint as IPEndPoint, remote, new SocketLabel(SocketLabel.Origin, label.Authority)));
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // Closed since.
            }
        });
        foreach (var peer in _engine.Peers)
        {
            if (IPEndPoint.TryParse(peer.Address, out var remote))
            {
                own.Add(OwnConnection.Of(null, remote, new SocketLabel(SocketLabel.Peer, peer.Infohash)));
            }
        }

        return own;
    }

    /// <summary>What is shared changes at once, <c>off</c> being the kill switch; the other settings are part of the engine's options.</summary>
    public IReadOnlyList<string> Reload(ProxySettings settings)
    {
        _settings = settings;
        SetSharing(settings.Share, settings);
        return ["share", "ratio", "up-limit"];
    }

    private void SetSharing(ShareMode mode, ProxySettings settings) =>
        _engine.SetSharing(mode, settings.RatioLimit, settings.UpLimitBytesPerSecond);

    public async ValueTask DisposeAsync()
    {
        if (_tracker is not null)
        {
            await _tracker.DisposeAsync();
        }

        if (_peers is not null)
        {
            await _peers.DisposeAsync();
        }

        if (_proxied is not null)
        {
            await _proxied.DisposeAsync();
        }

        if (_origins is not null)
        {
            await _origins.DisposeAsync();
        }

        await _library.DisposeAsync();
        await _engine.DisposeAsync();
        if (_engine.Dht is { } dht)
        {
            await dht.DisposeAsync();
        }

        _transport.Dispose();
        _cacheMeter.Dispose();
        _originMeter.Dispose();
        if (_answers.Disk is { } disk)
        {
            await disk.DisposeAsync();
        }

        if (_accessLog is not null)
        {
            await _accessLog.DisposeAsync();
        }
    }

    /// <summary>Null where small answers stay in memory: told so, or the folder cannot be used, which is no reason not to start.</summary>
    private static AnswerDisk? OpenCache(NodeStart start)
    {
        if (start.Settings.CacheBytes == 0)
        {
            return null;
        }

        try
        {
            return AnswerDisk.Open(Path.Combine(start.DataDirectory, "answers"), start.Settings.CacheBytes, start.Logs.CreateLogger("Swarm.Cache"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoCacheFolder(start.Logs.CreateLogger("Swarm.Cache"), e.Message);
            return null;
        }
    }

    private static PeerListener Listen(NodeStart start, SwarmEngine engine, PeerSettings peers)
    {
        var settings = start.Settings;
        if (settings.PeerListen is { } at && start.Sockets.Take(at) is { } passed)
        {
            return PeerListener.TakeOver(passed, engine.AdmitPeer, peers);
        }

        if (settings.PeerListen is not null || settings.Share == ShareMode.Off)
        {
            return PeerListener.Start(settings.PeerListen ?? new(IPAddress.Loopback, 0), engine.AdmitPeer, peers);
        }

        try
        {
            return PeerListener.Start(new(IPAddress.IPv6Any, UsualPeerPort), engine.AdmitPeer, peers);
        }
        catch (SocketException)
        {
            // Nobody asked for that port: any other will do.
            return PeerListener.Start(new(IPAddress.IPv6Any, 0), engine.AdmitPeer, peers);
        }
    }

    /// <summary>Joins what the magnet selects (BEP 53) as soon as its metadata is here.</summary>
    private static async Task JoinWhenKnownAsync(SwarmEngine engine, Bep53Magnet magnet)
    {
        try
        {
            if (await engine.ResolveAsync(magnet.InfoHash.Id, Timeout.InfiniteTimeSpan, CancellationToken.None) is { } torrent)
            {
                engine.JoinNow(torrent, magnet.Selects);
            }
        }
        catch (ObjectDisposedException)
        {
            // The node stopped before.
        }
    }

    private static string? RecordFolder(string? folder)
    {
        try
        {
            if (folder is not null)
            {
                Directory.CreateDirectory(folder);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--record {folder}: the folder cannot be made: {e.Message}";
        }
    }

    [LoggerMessage(EventId = 43, Level = LogLevel.Information, Message = "Tracker for the torrents given: http://{EndPoint}/announce and udp://{EndPoint}/announce")]
    private static partial void LogTracker(ILogger logger, IPEndPoint endPoint);

    [LoggerMessage(EventId = 42, Level = LogLevel.Warning, Message = "Small answers are kept in memory alone: {Reason}")]
    private static partial void LogNoCacheFolder(ILogger logger, string reason);
}
