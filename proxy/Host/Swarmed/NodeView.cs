using Swarm.Core;
using Swarm.Engine;
using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Swarmed;

/// <summary>The engine as the control plane sees it: snapshots, and the adding of torrents.</summary>
internal sealed class NodeView : INodeView
{
    private readonly SwarmEngine _engine;
    private readonly StoreNotices _notices;
    private readonly NodeEventHub _events;
    private readonly Func<string> _proxyUrl;
    private readonly TimeProvider _time;

    /// <param name="proxyUrl">Where the proxy answers; known once it runs.</param>
    public NodeView(SwarmEngine engine, StoreNotices notices, NodeEventHub events, Func<string> proxyUrl, TimeProvider time)
    {
        (_engine, _notices, _events, _proxyUrl, _time) = (engine, notices, events, proxyUrl, time);
        engine.Events.Published += (kind, text) => events.Publish(new(kind.Replace('.', '-'), time.GetUtcNow(), Detail: text));
    }

    public NodeStatus Status() => new(_engine.OpenReaders, _notices.View(_engine.Options.DataDirectory), _notices.Sentences());

    public IReadOnlyList<ResourceView> Resources() => [.. _engine.Resources.Take(500).Select(View)];

    public IReadOnlyList<PeerView> Peers() =>
        [.. _engine.Peers.Select(p => new PeerView(
            p.Infohash, p.Address, p.Client, p.State, p.HaveRatio, p.ReceivedBytes, 0, p.RejectedBytes, p.BytesPerSecond, p.RttMs))];

    public IReadOnlyList<TorrentView> Torrents() => [.. _engine.Torrents.Select(View)];

    public ValueTask<AddTorrentResult> AddTorrentAsync(ReadOnlyMemory<byte> metainfo, CancellationToken cancellation)
    {
        if (!Metainfo.TryParse(metainfo, out var torrent, out var error))
        {
            return ValueTask.FromResult(AddTorrentResult.Refused($"This is no torrent: {error}"));
        }

        var known = _engine.FindTorrent(torrent.InfoHash.Id) is { GivenByUser: true };
        var record = _engine.AddTorrent(torrent, givenByUser: true);
        _events.Publish(new("torrent-added", _time.GetUtcNow(), torrent.InfoHash.Id, Detail: torrent.Name));
        return ValueTask.FromResult(known ? AddTorrentResult.AlreadyKnown(View(record)) : AddTorrentResult.Added(View(record)));
    }

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
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(version.StoreKey)))[..16],
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
            new(stats.OriginBytes, 0, 0, stats.PeerBytes, 0),
            stats.VerifiedBytes,
            stats.BytesPerSecond,
            stats.Peers);
    }

    private TorrentView View(TorrentRecord record)
    {
        var torrent = record.Metainfo;
        var peers = _engine.Peers.Count(p => p.Infohash == torrent.InfoHash.Id);
        return new(
            torrent.InfoHash.Id,
            torrent.InfoHash.V1Hex,
            torrent.InfoHash.V2?.ToString(),
            torrent.Name,
            torrent.TotalLength,
            _engine.PresentBytes(torrent.InfoHash.Id),
            peers > 0 ? "joined" : "idle",
            peers,
            [.. torrent.Files.Select(f => new TorrentFileView(f.Path, f.Length, $"{_proxyUrl()}/torrents/{torrent.InfoHash.Id}/{f.EscapedPath}"))]);
    }
}
