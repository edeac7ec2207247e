using System.Security.Cryptography;
using System.Text;
using Swarm.Core;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;
using Swarm.Engine;
using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Control;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Library;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>The engine as the control plane sees it: snapshots, and the adding of torrents.</summary>
internal sealed class NodeView : INodeView
{
    /// <summary>Who adds a magnet waits this long for its metadata.</summary>
    private static readonly TimeSpan MetadataPatience = TimeSpan.FromSeconds(60);

    private readonly SwarmEngine _engine;
    private readonly TorrentLibrary _library;
    private readonly CapabilityBook _capabilities;
    private readonly AnswerStore _answers;
    private readonly StoreNotices _notices;
    private readonly Func<string> _proxyUrl;
    private readonly PlayerBook _players;

    /// <param name="proxyUrl">Where the proxy answers; known once it runs.</param>
    public NodeView(SwarmEngine engine, TorrentLibrary library, CapabilityBook capabilities, AnswerStore answers, StoreNotices notices, NodeEventHub events, Func<string> proxyUrl, TimeProvider time)
    {
        (_engine, _library, _capabilities, _answers, _notices, _proxyUrl) = (engine, library, capabilities, answers, notices, proxyUrl);
        _players = new(time);
        engine.Events.Published += (kind, text) => events.Publish(new(kind.Replace('.', '-'), time.GetUtcNow(), Detail: text));
    }

    public NodeStatus Status() => new(_engine.OpenReaders, _notices.View(_engine.Options.DataDirectory), _notices.Sentences(), _engine.ShareMode.ToString().ToLowerInvariant())
    {
        Dht = _engine.Dht is { } dht ? DhtView.Of(dht) : null,
        Tunnels = Tunnelled(),
    };

    public IReadOnlyList<ResourceView> Resources() => [.. _engine.Resources.Take(500).Select(View)];

    public FlowView? Flow(string id, int cells) => _engine.Resources.FirstOrDefault(h => IdOf(h) == id) is { } handle
        ? new(id, handle.Version.Length, PieceLayout.BlockSize, handle.Content.Picture(cells), _engine.AvailabilityOf(handle, cells), _engine.ReadersOf(handle), _players.Of(handle.Version.Url))
        : null;

    public IReadOnlyList<PeerView> Peers()
    {
        var connected = _engine.Peers;
        var here = connected.Select(p => (p.Infohash, p.Address)).ToHashSet();
        return
        [
            .. connected.Concat(_engine.Banned.Where(b => !here.Contains((b.Infohash, b.Address)))).Select(p => new PeerView(
                p.Infohash, "peer", p.Address, p.Client, p.State, p.Reason, p.HaveRatio, p.ReceivedBytes, p.SentBytes, p.RejectedBytes, p.BytesPerSecond, p.RttMs)),
            .. _engine.HttpSeeds.Select(s => new PeerView(s.Infohash, s.Kind, s.Address, null, s.State, null, 1, s.ReceivedBytes, 0, 0, s.BytesPerSecond, null)),
        ];
    }

    public string? Share(string mode)
    {
        if (!Enum.TryParse<ShareMode>(mode, ignoreCase: true, out var wanted) || !Enum.IsDefined(wanted) || char.IsAsciiDigit(mode[0]))
        {
            return "share must be off, reading or seed.";
        }

        SetShare(wanted);
        return null;
    }

    /// <summary>Changes what peers are given, within the limits of the settings.</summary>
    public required Action<ShareMode> SetShare { get; init; }

    /// <summary>Where the node's own connections are known.</summary>
    public Func<IReadOnlyList<OwnConnection>> Own { get; init; } = static () => [];

    public IReadOnlyList<OwnConnection> Connections() => Own();

    /// <summary>Whose https passed unread.</summary>
    public Func<IReadOnlyList<TunnelView>> Tunnelled { get; init; } = static () => [];

    public void Found(OwnFinding finding)
    {
        var (label, socket) = (finding.Label, finding.Socket);
        _engine.Note(new TcpNote(
            label.Role switch { SocketLabel.Peer => SourceKind.Peer, SocketLabel.Origin => SourceKind.Origin, _ => null },
            label.Role == SocketLabel.Peer ? socket.Remote.Unmapped().ToString() : label.Subject,
            finding.Bits, socket.RmemAllocBytes, socket.RcvbufBytes, socket.PayloadBytes));
        if (finding.IsAgain)
        {
            return;
        }

        var what = finding.Verdicts.Count == 0 ? "is well again" : string.Join(", ", finding.Verdicts.Select(VerdictText.Of));
        _engine.Events.Publish("tcp.found", $"a connection of a {label.Role}: {what}; {PlainUnits.Size(socket.RmemAllocBytes)} of memory for {PlainUnits.Size(socket.PayloadBytes)} unread");
    }

    public IReadOnlyList<TorrentView> Torrents() => [.. _engine.Torrents.Select(View)];

    public int PurgeCache(string? url) => url is null ? _answers.Clear() : _answers.Invalidate(url) ? 1 : 0;

    public async ValueTask<AddTorrentResult> AddTorrentAsync(ReadOnlyMemory<byte> metainfo, bool keep, string? path, CancellationToken cancellation)
    {
        if (metainfo.Span.StartsWith("magnet:"u8))
        {
            if (!Bep53Magnet.TryParse(Encoding.UTF8.GetString(metainfo.Span).Trim(), out var magnet, out var wrong))
            {
                return AddTorrentResult.Refused($"This is no magnet: {wrong}.");
            }

            var waiting = _engine.AddMagnet(magnet);
            if (waiting is not null || await _engine.ResolveAsync(magnet.InfoHash.Id, MetadataPatience, cancellation) is not { } found)
            {
                return AddTorrentResult.Refused(waiting ?? $"No peer gave the magnet's metadata in {MetadataPatience.TotalSeconds:F0} s. It is looked for again with each request for /torrents/{magnet.InfoHash.Id}.");
            }

            metainfo = MetainfoWriter.Write(found.Metainfo);
        }

        var (record, known, problem) = _library.Add(metainfo, keep, path);
        return record is null ? AddTorrentResult.Refused(problem!) : known ? AddTorrentResult.AlreadyKnown(View(record)) : AddTorrentResult.Added(View(record));
    }

    public ValueTask<AddTorrentResult?> ActAsync(string infohash, TorrentAction action, CancellationToken cancellation)
    {
        if (_engine.FindTorrent(infohash) is not { } torrent)
        {
            return ValueTask.FromResult<AddTorrentResult?>(null);
        }

        // What is removed is shown as it was.
        var before = View(torrent);
        return ValueTask.FromResult(_library.Act(infohash, action) is not { } done ? null
            : done.Problem is { } problem ? AddTorrentResult.Refused(problem)
            : AddTorrentResult.AlreadyKnown(action == TorrentAction.Remove ? before : View(done.Torrent)));
    }

    public (CapabilityView? Capability, string? Problem) IssueCapability(CapabilityRequest request)
    {
        if (request.Torrent is { } infohash)
        {
            if (_engine.FindTorrent(infohash) is not { GivenByUser: true } torrent)
            {
                return (null, "The node has no torrent of this infohash; GET /api/v1/torrents lists those it has.");
            }

            var id = torrent.Metainfo.InfoHash.Id;
            var (token, expires) = _capabilities.IssueForTorrent(id);
            var name = torrent.Metainfo.Files is [var only] ? only.EscapedPath : "playlist.m3u";
            return (new($"{_proxyUrl()}/torrents/{CapabilityBook.Mark}{token}/{id}/{name}", expires), null);
        }

        if (request.Url is not { } url || !OriginTarget.TryParse(url, TargetForm.Gateway, out var target))
        {
            return (null, "Send { \"url\": \"https://host/path\" } or { \"torrent\": \"INFOHASH\" }, with a plain host name or address.");
        }

        var issued = _capabilities.Issue(target);
        return (new($"{_proxyUrl()}/gateway/{CapabilityBook.Mark}{issued.Token}/{target.Scheme}/{target.Authority}{target.PathAndQuery}", issued.Expires), null);
    }

    public bool TellPlayhead(PlayheadReport told)
    {
        if (told.DurationSeconds is { } duration)
        {
            _players.Tell(new(told.Player, told.Url!, told.PositionSeconds, duration, Math.Max(0, told.BufferedUntilSeconds - told.PositionSeconds), told.Paused));
        }

        return _engine.TellPlayhead(told.Url!, told.Buffered, told.PlayTime);
    }

    private static string IdOf(ResourceHandle handle) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(handle.Version.StoreKey)))[..16];

    private ResourceView View(ResourceHandle handle)
    {
        var version = handle.Version;
        var stats = _engine.StatsOf(handle);
        var whole = handle.Content.PresentBlocks == handle.Content.BlockCount;
        var (state, reason) = handle switch
        {
            { IsRetired: true } => (ResourceState.Quarantined, "its origin contradicted the published tree, or itself"),
            _ when version.Authority.AllowsPeers() => (ResourceState.Joined, null),
            _ when whole => (ResourceState.Stored, null),
            _ => (ResourceState.PassThrough, stats.Reason),
        };
        return new(
            IdOf(handle),
            version.Url,
            ReceiptLine.Name(version.Url),
            version.Length,
            version.Authority.Label(),
            version.Authority == Authority.CleartextTree || version.Url.StartsWith("http:", StringComparison.Ordinal),
            version.Infohash,
            state,
            reason,
            stats.Readers,
            Math.Min(version.Length, (long)handle.Content.PresentBlocks * PieceLayout.BlockSize),
            new(stats.OriginBytes, stats.MirrorBytes, stats.WebSeedBytes, stats.PeerBytes, 0),
            stats.VerifiedBytes,
            stats.BytesPerSecond,
            stats.Peers);
    }

    private TorrentView View(TorrentRecord record)
    {
        var torrent = record.Metainfo;
        var peers = _engine.Peers.Count(p => p.Infohash == torrent.InfoHash.Id);
        var (state, path, note) = _library.Describe(torrent.InfoHash.Id);
        return new(
            torrent.InfoHash.Id,
            torrent.InfoHash.V1Hex,
            torrent.InfoHash.V2?.ToString(),
            torrent.Name,
            torrent.TotalLength,
            _engine.HeldBytes(record),
            state ?? (peers > 0 ? "joined" : "idle"),
            peers,
            [.. torrent.Files.Select(f => new TorrentFileView(f.Path, f.Length, $"{_proxyUrl()}/torrents/{torrent.InfoHash.Id}/{f.EscapedPath}"))],
            path,
            note,
            _engine.HttpSeedsOf(record));
    }
}
