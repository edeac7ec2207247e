using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>A torrent's UDP tracker is asked for peers, through the target policy and not for what came by https.</summary>
public sealed class TrackerPeersTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _tracker = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public TrackerPeersTests() => _tracker.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public void Dispose() => _tracker.Dispose();

    [Fact]
    public async Task UdpTracker_OfAnAllowedHost_GivesPeers()
    {
        await using var trackers = Trackers("127.0.0.1");
        var found = new TaskCompletionSource<FoundPeers>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var running = trackers.Start(Search(httpsOnly: false, answer => found.TrySetResult(answer)));
        Assert.NotNull(running);

        await AnswerAsync([1, 2, 3, 4, 5, 6, 7, 8]);
        await AnswerAsync([0, 0, 7, 8, 0, 0, 0, 3, 0, 0, 0, 1, 10, 1, 2, 3, 0x1a, 0xe1]);

        var answer = await found.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("10.1.2.3"), 6881), Assert.Single(answer.EndPoints));
        Assert.Equal(3, answer.Leechers);
    }

    [Fact]
    public async Task UdpTracker_OnLoopbackUnasked_IsRefusedBeforeADatagram()
    {
        var log = new RefusalLog();
        await using var trackers = new TrackerPeers(new TargetPolicy(AllowedTargets.None, new OwnListeners()), Swarm.Peer.PeerSettings.NewPeerId(), () => 6881, TimeProvider.System, log);
        await using var running = trackers.Start(Search(httpsOnly: false, _ => { }));

        Assert.Contains("--allow-target 127.0.0.1", await log.First.WaitAsync(Patience, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(0, _tracker.Available);
    }

    [Fact]
    public async Task Tracker_ThatFailsForEachTorrent_IsOneLine()
    {
        var log = new RefusalLog();
        await using var trackers = new TrackerPeers(new TargetPolicy(AllowedTargets.None, new OwnListeners()), Swarm.Peer.PeerSettings.NewPeerId(), () => 6881, TimeProvider.System, log);
        for (var torrent = 0; torrent < 5; torrent++)
        {
            var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var running = trackers.Start(Search(httpsOnly: false, _ => { }) with { TrackersSilent = silent.SetResult });
            await silent.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, log.Lines);
    }

    [Fact]
    public async Task UdpTracker_OfAnHttpsResource_IsLeftOut()
    {
        await using var trackers = Trackers("127.0.0.1");
        Assert.Null(trackers.Start(Search(httpsOnly: true, _ => { })));
    }

    private static TrackerPeers Trackers(string allowed)
    {
        Assert.True(AllowedTargets.TryParse([allowed], out var targets, out _));
        return new(new TargetPolicy(targets, new OwnListeners()), Swarm.Peer.PeerSettings.NewPeerId(), () => 6881, TimeProvider.System, NullLogger.Instance);
    }

    private PeerSearch Search(bool httpsOnly, Action<FoundPeers> found) =>
        new(Torrent().InfoHash) { TrackerTiers = Tiers, HttpsOnly = httpsOnly, LeftBytes = () => 1, Found = found };

    private IReadOnlyList<IReadOnlyList<string>> Tiers => [[$"udp://{_tracker.LocalEndPoint}/announce"]];

    private Metainfo Torrent()
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, PieceLayout.BlockSize, singleFile: true);
        hasher.Append([1]);
        hasher.EndFile("a");
        var builder = new MetainfoBuilder
        {
            Name = "a",
            PieceLength = PieceLayout.BlockSize,
            Format = MetainfoFormat.V2,
            Files = hasher.Files,
            TrackerTiers = [[$"udp://{_tracker.LocalEndPoint}/announce"]],
        };
        Assert.True(builder.TryBuild(out var bytes, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(bytes, out var torrent, out _));
        return torrent;
    }

    // Action and transaction are those of the request.
    private async Task AnswerAsync(byte[] rest)
    {
        var request = new byte[128];
        var got = await _tracker.ReceiveFromAsync(request, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        await _tracker.SendToAsync((byte[])[.. request.AsSpan(8, 8), .. rest], SocketFlags.None, got.RemoteEndPoint, TestContext.Current.CancellationToken);
    }

    private sealed class RefusalLog : Microsoft.Extensions.Logging.ILogger
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private int _lines;

        public Task<string> First => _first.Task;

        public int Lines => Volatile.Read(ref _lines);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _lines);
            _first.TrySetResult(formatter(state, exception));
        }
    }
}
