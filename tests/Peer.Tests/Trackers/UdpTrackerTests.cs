using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>One announce over UDP against trackers that answer well, badly, late and not at all.</summary>
public sealed class UdpTrackerTests
{
    private const string OnePeer = "00000384 00000002 00000001 7f000001 1ae1";

    private static readonly TrackerAnnounce Announce = new(ScriptedPeer.Hybrid.V1!.Value.ToArray(), "-SM0100-abcdefghijkl"u8.ToArray(), 6881) { Event = TrackerEvent.Started, LeftBytes = 1 };

    private readonly FakeTime _time = new();

    [Fact]
    public async Task Answer_GivesPeersIntervalAndCounts()
    {
        await using var server = new ScriptedUdpTracker(Honest);
        var result = await AnnounceAsync(new(server.Here), server);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Equal((900, 1, 2), (result.Response.IntervalSeconds, result.Response.Complete, result.Response.Incomplete));
        Assert.Equal("127.0.0.1:6881", Assert.Single(result.Response.Peers).ToString());
        Assert.Equal(["connect", "announce abc"], [await server.NextAsync(), await server.NextAsync()]);
    }

    [Fact]
    public async Task ConnectionId_IsUsedForAMinute_ThenAskedForAgain()
    {
        await using var server = new ScriptedUdpTracker(Honest);
        var tracker = new UdpTracker(server.Here, _time);

        Assert.True((await AnnounceAsync(tracker, server)).Succeeded);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True((await AnnounceAsync(tracker, server)).Succeeded);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await AnnounceAsync(tracker, server)).Succeeded);

        foreach (var expected in new[] { "connect", "announce abc", "announce abc", "connect", "announce abc" })
        {
            Assert.Equal(expected, await server.NextAsync());
        }
    }

    [Fact]
    public async Task SilentTracker_IsAskedAfter15And45And105Seconds_ThenGivenUp()
    {
        await using var server = new ScriptedUdpTracker((_, _) => []);
        var announcing = AnnounceAsync(new(server.Here, _time), server);
        Assert.Equal("connect", await server.NextAsync());

        foreach (var wait in new[] { 15, 30, 60 })
        {
            await PassAsync(TimeSpan.FromSeconds(wait) - TimeSpan.FromMilliseconds(1));
            Assert.True(server.IsQuiet && !announcing.IsCompleted, $"sent before {wait} s");
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal("connect", await server.NextAsync());
        }

        await PassAsync(TimeSpan.FromSeconds(120));
        var result = await announcing.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
        Assert.Equal(TrackerStage.Transfer, result.Error!.Value.Stage);
        Assert.Contains("did not answer 4 times", result.Error.Value.Message, StringComparison.Ordinal);
    }

    // The third example of BEP 15: the id dies while the announce is repeated.
    [Fact]
    public async Task LostAnnounces_AreRepeated_WithANewIdAfterAMinute()
    {
        await using var server = new ScriptedUdpTracker((request, n) => n is 0 or 4 ? [ScriptedUdpTracker.Connected(request, (ulong)n + 1)] : n == 5 ? [ScriptedUdpTracker.Answer(request, 1, OnePeer)] : []);
        var announcing = AnnounceAsync(new(server.Here, _time), server);
        await ExpectAsync("connect", "announce 1");
        await PassAsync(TimeSpan.FromSeconds(15));
        await ExpectAsync("announce 1");
        await PassAsync(TimeSpan.FromSeconds(30));
        await ExpectAsync("announce 1");
        await PassAsync(TimeSpan.FromSeconds(60));
        await ExpectAsync("connect", "announce 5");

        Assert.True((await announcing.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken)).Succeeded);

        async Task ExpectAsync(params string[] datagrams)
        {
            foreach (var expected in datagrams)
            {
                Assert.Equal(expected, await server.NextAsync());
            }
        }
    }

    [Fact]
    public async Task RestartedTracker_ThatRefusesAnOldId_IsConnectedAnew()
    {
        await using var server = new ScriptedUdpTracker((request, n) => n == 2 ? [ScriptedUdpTracker.Answer(request, 3, "6261646964")] : Honest(request, n));
        var tracker = new UdpTracker(server.Here, _time);
        Assert.True((await AnnounceAsync(tracker, server)).Succeeded);

        Assert.True((await AnnounceAsync(tracker, server)).Succeeded);

        foreach (var expected in new[] { "connect", "announce abc", "announce abc", "connect", "announce abc" })
        {
            Assert.Equal(expected, await server.NextAsync());
        }
    }

    [Fact]
    public async Task Noise_BeforeTheAnswer_IsPassedOver()
    {
        await using var server = new ScriptedUdpTracker((request, n) =>
        {
            var wrong = Honest(request, n).Single();
            wrong[5] ^= 1; // transaction
            return [[], [1, 2, 3], new byte[100], wrong, ScriptedUdpTracker.Answer(request, 2, "00"), .. Honest(request, n)];
        });

        var result = await AnnounceAsync(new(server.Here), server);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Single(result.Response.Peers);
    }

    [Fact]
    public async Task Answer_FromAnotherAddress_IsNeverSeen()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var tracker = new UdpTracker((_, _) => ValueTask.FromResult(new TrackerAddresses([(IPEndPoint)silent.LocalEndPoint!])), _time, maxRetransmits: 0);
        var announcing = tracker.AnnounceAsync(new($"udp://{silent.LocalEndPoint}"), Announce, TestContext.Current.CancellationToken);
        var request = new byte[16];
        var got = await silent.ReceiveFromAsync(request, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);
        await other.SendToAsync(ScriptedUdpTracker.Connected(request), SocketFlags.None, got.RemoteEndPoint, TestContext.Current.CancellationToken);
        await PassAsync(TimeSpan.FromSeconds(15));

        var result = await announcing.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
        Assert.Equal(TrackerStage.Transfer, result.Error!.Value.Stage);
    }

    public static TheoryData<int, string, string, string> BadAnswers => new()
    {
        { 3, "676f2061776179", "Refused", "go away" },
        { 3, "", "Refused", "no reason" },
        { 1, "00000384", "Answer", "12 bytes" },
        { 1, "00000384 00000002 00000001 7f0000", "Answer", "no multiple of 6" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task BadAnswer_IsAnErrorWithItsStage(int action, string rest, string stage, string words)
    {
        await using var server = new ScriptedUdpTracker((request, n) => ScriptedUdpTracker.IsConnect(request) ? Honest(request, n) : [ScriptedUdpTracker.Answer(request, action, rest)]);

        var result = await AnnounceAsync(new(server.Here), server);

        Assert.Equal(stage, result.Error!.Value.Stage.ToString());
        Assert.Contains(words, result.Error.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongAnswer_IsRefused_TheLongestIsNot()
    {
        var extra = 1;
        await using var server = new ScriptedUdpTracker((request, n) => ScriptedUdpTracker.IsConnect(request)
            ? Honest(request, n)
            : [[.. ScriptedUdpTracker.Answer(request, 2, ""), .. new byte[Bep15UdpTracker.MaxAnswerBytes - 8 + Volatile.Read(ref extra)]]]);
        var tracker = new UdpTracker(server.Here);

        var tooLong = await tracker.ScrapeAsync(server.Url, [Announce.InfoHash], TestContext.Current.CancellationToken);
        Volatile.Write(ref extra, 0);
        var longest = await tracker.ScrapeAsync(server.Url, [Announce.InfoHash], TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Answer, tooLong.Error!.Value.Stage);
        Assert.Contains("more than 4096 bytes", tooLong.Error.Value.Message, StringComparison.Ordinal);
        Assert.True(longest.Succeeded, longest.Error?.ToString());
    }

    [Fact]
    public async Task Flood_EndsTheExchange()
    {
        await using var server = new ScriptedUdpTracker((_, _) => Enumerable.Repeat(new byte[] { 1, 2, 3 }, 100));

        var result = await AnnounceAsync(new(server.Here, _time), server);

        Assert.Equal(TrackerStage.Answer, result.Error!.Value.Stage);
    }

    [Fact]
    public async Task NobodyThere_IsAConnectErrorAtOnce()
    {
        IPEndPoint dead;
        using (var holder = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            dead = (IPEndPoint)holder.LocalEndPoint!;
        }

        var tracker = new UdpTracker((_, _) => ValueTask.FromResult(new TrackerAddresses([dead])), _time);
        var result = await tracker.AnnounceAsync(new($"udp://{dead}"), Announce, TestContext.Current.CancellationToken).WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Connect, result.Error!.Value.Stage);
        Assert.Contains("nothing listens", result.Error.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusedHost_IsNeverSentTo()
    {
        await using var server = new ScriptedUdpTracker(Honest);
        var tracker = new UdpTracker((_, _) => ValueTask.FromResult(new TrackerAddresses([], "127.0.0.1 is a loopback address")));

        var result = await AnnounceAsync(tracker, server);

        Assert.Equal(TrackerStage.Connect, result.Error!.Value.Stage);
        Assert.Contains("loopback", result.Error.Value.Message, StringComparison.Ordinal);
        Assert.True(server.IsQuiet);
    }

    [Fact]
    public async Task SilentResolver_IsGivenUpAfterFifteenSeconds()
    {
        var tracker = new UdpTracker(
            async (_, cancel) =>
            {
                await new TaskCompletionSource().Task.WaitAsync(cancel);
                return default;
            },
            _time);
        var announcing = tracker.AnnounceAsync(new("udp://tracker.example:1/"), Announce, TestContext.Current.CancellationToken);

        await PassAsync(TimeSpan.FromSeconds(15));

        var result = await announcing.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
        Assert.Equal(TrackerStage.Connect, result.Error!.Value.Stage);
        Assert.Contains("not resolved within 15 s", result.Error.Value.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("udp://127.0.0.1/")]
    public async Task OtherUrl_IsAUrlError(string url)
    {
        var result = await new UdpTracker((_, _) => throw new InvalidOperationException("asked")).AnnounceAsync(new(url), Announce, TestContext.Current.CancellationToken);
        Assert.Equal(TrackerStage.Url, result.Error!.Value.Stage);
    }

    [Fact]
    public async Task BothFamilies_AreAsked_AndTheirPeersJoined()
    {
        await using var four = new ScriptedUdpTracker(Honest);
        await using var six = new ScriptedUdpTracker(
            (request, n) => ScriptedUdpTracker.IsConnect(request) ? Honest(request, n) : [ScriptedUdpTracker.Answer(request, 1, "00000708 00000000 00000005 20010db8000000000000000000000001 1ae2")],
            IPAddress.IPv6Loopback);
        var tracker = new UdpTracker((_, _) => ValueTask.FromResult(new TrackerAddresses([four.EndPoint, six.EndPoint])), _time);

        var result = await AnnounceAsync(tracker, four);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Equal(["127.0.0.1:6881", "[2001:db8::1]:6882"], result.Response.Peers.Select(p => p.ToString()));
        Assert.Equal((1800, 5), (result.Response.IntervalSeconds, result.Response.Complete));
    }

    // In real time: alone, the silent family would take almost four minutes.
    [Fact]
    public async Task SilentFamily_CostsTheOtherAGraceOnly()
    {
        await using var four = new ScriptedUdpTracker(Honest);
        await using var six = new ScriptedUdpTracker((_, _) => [], IPAddress.IPv6Loopback);
        var tracker = new UdpTracker((_, _) => ValueTask.FromResult(new TrackerAddresses([four.EndPoint, six.EndPoint])));

        var result = await AnnounceAsync(tracker, four).WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Single(result.Response.Peers);
        Assert.Equal("connect", await six.NextAsync());
    }

    [Fact]
    public async Task Cancelled_Throws()
    {
        await using var server = new ScriptedUdpTracker((_, _) => []);
        using var cancel = new CancellationTokenSource();
        var announcing = new UdpTracker(server.Here, _time).AnnounceAsync(server.Url, Announce, cancel.Token);
        Assert.Equal("connect", await server.NextAsync());

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => announcing);
    }

    [Fact]
    public async Task Scrape_GivesCountsInTheOrderAsked()
    {
        await using var server = new ScriptedUdpTracker((request, n) => ScriptedUdpTracker.IsConnect(request)
            ? Honest(request, n)
            : [ScriptedUdpTracker.Answer(request, 2, "00000005 00000032 0000000a 00000000 00000000 00000001")]);

        var result = await new UdpTracker(server.Here).ScrapeAsync(server.Url, [Announce.InfoHash, Announce.PeerId], TestContext.Current.CancellationToken);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Equal([new ScrapeCounts(5, 50, 10), new ScrapeCounts(0, 0, 1)], result.Counts);
        Assert.Equal(["connect", "scrape abc"], [await server.NextAsync(), await server.NextAsync()]);
    }

    private static Task<TrackerResult> AnnounceAsync(UdpTracker tracker, ScriptedUdpTracker server) =>
        tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);

    private static IEnumerable<byte[]> Honest(byte[] request, int n) =>
        [ScriptedUdpTracker.IsConnect(request) ? ScriptedUdpTracker.Connected(request) : ScriptedUdpTracker.Answer(request, 1, OnePeer)];

    // The wait of a request starts before it is sent, so a datagram that arrived has its timer.
    private async Task PassAsync(TimeSpan by)
    {
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _time.RunningTimers > 0, TestPatience.Long)), "nothing waits");
        _time.Advance(by);
    }
}
