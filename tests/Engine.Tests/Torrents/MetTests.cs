using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>How long an answer waits for other viewers: until a tracker knows of none, one of them is here, or nobody is left to ask.</summary>
public sealed class MetTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Film = TestTorrent.Bytes(8 * TestTorrent.Block);

    private readonly SwarmMetrics _metrics = new("Swarm.Engine.Tests.Met" + Guid.NewGuid().ToString("N"));
    private readonly Socket _tracker = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _viewer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SwarmEngine _engine;
    private readonly List<ResourceReader> _readers = [];

    public MetTests()
    {
        _tracker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _viewer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _viewer.Listen();
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out _));
        _engine = EngineBuilder.Build(new() { MemoryBytes = 16 << 20 }, new(allowed, new OwnListeners()), _metrics, TimeProvider.System, NullLogger.Instance, _ => { }).Engine!;
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tracker_ThatKnowsOfNobodyElse_EndsTheWait()
    {
        var met = _engine.MeetAsync(Open("http://a.example/film", Torrent(UdpUrl)));
        Assert.False(met.IsCompleted);

        await AnswerAsync(0, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.False(met.IsCompleted);
        await AnswerAsync(1, [0, 0, 7, 8, 0, 0, 0, 1, 0, 0, 0, 0]);
        await met.WaitAsync(Patience, Stop);
    }

    [Fact]
    public async Task Tracker_ThatNamesAViewer_LetsItGoOn_UntilThatOneIsConnected()
    {
        var torrent = Torrent(UdpUrl);
        var met = _engine.MeetAsync(Open("http://a.example/film", torrent));
        await AnswerAsync(0, [1, 2, 3, 4, 5, 6, 7, 8]);
        var port = ((IPEndPoint)_viewer.LocalEndPoint!).Port;
        await AnswerAsync(1, [0, 0, 7, 8, 0, 0, 0, 2, 0, 0, 0, 0, 127, 0, 0, 1, (byte)(port >> 8), (byte)port]);

        // It is dialled for what the tracker said: that was heard by now.
        using var viewer = await _viewer.AcceptAsync(Stop).AsTask().WaitAsync(Patience, Stop);
        await PeerRig.ReadHandshakeAsync(viewer);
        Assert.False(met.IsCompleted);

        await PeerRig.SendAsync(viewer, to => new Handshake(RawLeech.Modern, WireHash.V2Of(torrent.InfoHash)!.Value, PeerSettings.NewPeerId()).Write(to));
        await met.WaitAsync(Patience, Stop);
    }

    [Fact]
    public async Task TrackerThatRefuses_EndsTheWait()
    {
        var met = _engine.MeetAsync(Open("http://a.example/film", Torrent(UdpUrl)));
        await AnswerAsync(3, [.. "no"u8]);
        await met.WaitAsync(Patience, Stop);
    }

    [Fact]
    public void NoTrackerThatMayBeAsked_EndsTheWaitAtOnce()
    {
        Assert.True(_engine.MeetAsync(Open("http://a.example/film", Torrent(null))).IsCompleted);
        // Of what came by https a tracker in clear is not asked.
        Assert.True(_engine.MeetAsync(Open("https://a.example/other", Torrent(UdpUrl, name: "other"))).IsCompleted);
        Assert.True(_engine.MeetAsync(Open("http://a.example/third", Torrent("wss://t.example/announce", name: "third"))).IsCompleted);
    }

    [Fact]
    public async Task EndOfTheSwarm_EndsTheWait()
    {
        var met = _engine.MeetAsync(Open("http://a.example/film", Torrent(UdpUrl)));
        Assert.False(met.IsCompleted);
        await _readers[0].DisposeAsync();
        await _engine.DisposeAsync();
        Assert.True(met.IsCompleted);
    }

    [Fact]
    public async Task TrackersInClear_AreAsked_OnceSomebodyReadsByInfohash_BesideHttps()
    {
        var torrent = Torrent(UdpUrl);
        Open("https://a.example/film", torrent);
        Assert.Equal(0, _tracker.Available);

        _readers.Add(_engine.OpenReader(_engine.TorrentFile(_engine.AddTorrent(torrent, givenByUser: true), 0).Handle, new(0, Film.Length), null, null, ""));
        await AnswerAsync(0, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    [Fact]
    public async Task TrackersInClear_AreAsked_OfATorrentThatTheUserJoins_WhileItIsReadByHttps()
    {
        var torrent = Torrent(UdpUrl);
        Open("https://a.example/film", torrent);

        _engine.JoinNow(_engine.AddTorrent(torrent, givenByUser: true));
        await AnswerAsync(0, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        await _engine.DisposeAsync();
        _tracker.Dispose();
        _viewer.Dispose();
        _metrics.Dispose();
    }

    private string UdpUrl => $"udp://{_tracker.LocalEndPoint}/announce";

    private ResourceHandle Open(string url, Metainfo torrent)
    {
        var handle = _engine.Name(new(url, "identity", new("\"v1\"", null), Film.Length, null, Authority.OwnTlsFetch, true));
        Assert.Null(_engine.OfferTree(handle, torrent, 0, Authority.Tree));
        _readers.Add(_engine.OpenReader(handle, new(0, Film.Length), null, null, ""));
        return handle;
    }

    private static Metainfo Torrent(string? tracker, string name = "film")
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, 4 * TestTorrent.Block, singleFile: true);
        hasher.Append(Film);
        hasher.EndFile(name);
        hasher.EndContent();
        var builder = new MetainfoBuilder
        {
            Name = name,
            PieceLength = 4 * TestTorrent.Block,
            Format = MetainfoFormat.V2,
            Files = hasher.Files,
            TrackerTiers = tracker is null ? [] : [[tracker]],
        };
        Assert.True(builder.TryBuild(out var bytes, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(bytes, out var torrent, out _));
        return torrent;
    }

    /// <summary>Answers the next datagram at the tracker; the transaction is that of the request.</summary>
    private async Task AnswerAsync(byte action, byte[] rest)
    {
        var request = new byte[128];
        var got = await _tracker.ReceiveFromAsync(request, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), Stop).AsTask().WaitAsync(Patience, Stop);
        await _tracker.SendToAsync((byte[])[0, 0, 0, action, .. request.AsSpan(12, 4), .. rest], SocketFlags.None, got.RemoteEndPoint, Stop);
    }
}
