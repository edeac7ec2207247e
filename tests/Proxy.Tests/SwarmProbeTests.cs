using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;
using Swarm.Testing;

namespace Swarm.Proxy.Tests;

/// <summary>What <c>doctor --site</c> finds of a swarm: a tracker that is down hides nothing, and a datagram that is lost is not one.</summary>
public sealed class SwarmProbeTests : IDisposable
{
    private static readonly Film Film = Film.Make(71);

    private readonly FakeTime _time = new();
    private readonly TcpListener _seed = Listen();

    private string Seed => _seed.LocalEndpoint.ToString()!;

    [Fact]
    public async Task TrackersThatAreDown_HideNothingOfTheOthers()
    {
        using var silent = Listen(); // takes connections, and never says a word
        var goodbye = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var well = RawOrigin.Start(async session =>
        {
            while (await session.ReadHeadAsync() is { } head)
            {
                await session.WriteAsync(Answer(_seed));
                if (head.Contains("event=stopped", StringComparison.Ordinal))
                {
                    goodbye.TrySetResult();
                }
            }
        });
        string[] urls = [$"http://{silent.LocalEndpoint}/announce", "udp://127.0.0.1:1/announce", "ws://127.0.0.1:1/announce", $"{well.Url}/announce"];
        var looking = LookAsync(urls);

        // The clock stands until the one that is well was asked and left, however slow this machine is.
        Assert.Same(goodbye.Task, await Task.WhenAny(goodbye.Task, looking));
        _time.Advance(TorrentScraper.Patience);
        var found = await looking;

        Assert.Equal(urls, found.Trackers.Select(static t => t.Url));
        Assert.Equal([false, false, false, true], found.Trackers.Select(static t => t.Problem is null));
        Assert.Equal(1, found.Trackers[^1].Seeds);
        Assert.Equal([new PeerFact(Seed, null)], found.Peers);
        Assert.Equal(2, found.PiecesCompared);
    }

    [Fact]
    public async Task ManyTrackers_AreNotAllAsked_AndItIsSaid()
    {
        await using var tracker = RawOrigin.Always(Answer(_seed));
        var found = await LookAsync([.. Enumerable.Range(0, 100).Select(i => $"{tracker.Url}/{i}/announce")]);

        Assert.Equal((16, 84), (found.Trackers.Count, found.UnaskedTrackers));
        Assert.Equal(16, tracker.Heads.Count(static h => h.Contains("event=started", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task LostDatagram_IsSentAgain_BeforeATrackerCountsAsDown()
    {
        using var tracker = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var looking = LookAsync([$"udp://{tracker.Client.LocalEndPoint}/announce"]);
        var lost = tracker.ReceiveAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Same(lost, await Task.WhenAny(lost, looking));
        _time.Advance(TimeSpan.FromSeconds(15)); // BEP 15: it is sent again

        var answer = new byte[Bep15UdpTracker.AnnounceHeadBytes];
        while (!looking.IsCompleted)
        {
            var asked = tracker.ReceiveAsync(TestContext.Current.CancellationToken).AsTask();
            if (await Task.WhenAny(asked, looking) == asked)
            {
                var (request, from) = ((await asked).Buffer, (await asked).RemoteEndPoint);
                Assert.True(Bep15UdpRequests.TryReadHead(request, out _, out var action, out var transaction));
                var length = action == UdpTrackerAction.Connect
                    ? Bep15UdpRequests.WriteConnect(answer, transaction, connectionId: 7)
                    : Bep15UdpRequests.WriteAnnounce(answer, transaction, new(1800, new(1, 0, 0), []), ipv6: false);
                await tracker.SendAsync(answer.AsMemory(0, length), from, TestContext.Current.CancellationToken);
            }
        }

        Assert.Null(Assert.Single((await looking).Trackers).Problem);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("udp")]
    public async Task OwnTracker_Answers(string scheme)
    {
        await using var tracker = EmbeddedTracker.Start(new(IPAddress.Loopback, 0), new(), static _ => new TrackedTorrent(), TimeProvider.System);
        Assert.Null(Assert.Single((await LookAsync([$"{scheme}://{tracker.EndPoint}/announce"])).Trackers).Problem);
        Assert.Equal(0, tracker.Peers);
    }

    public void Dispose() => _seed.Dispose();

    private async Task<SwarmFact> LookAsync(string[] trackers)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, 256 << 10, singleFile: true);
        hasher.Append(Film.Bytes);
        hasher.EndFile(Film.Name);
        var hashes = new SiteHashes(256 << 10, hasher.EndContent(), hasher.Files[0].Leaves);
        var (_, metafile, problem) = new SiteTorrents(new(null), trackers).Make(Film.Name, null, Film.Bytes.Length, hashes);
        Assert.Null(problem);
        await using var origin = new FilmOrigin(Film) { Metafile = metafile };
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out var error), error);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        var probe = new SwarmProbe(invoker, new TargetPolicy(allowed, new OwnListeners()), _time);
        return await probe.LookAsync(new(origin.Url), [$"<{origin.Link}>; rel=describedby; type=\"application/x-bittorrent\""], Film.Length, TestContext.Current.CancellationToken);
    }

    /// <summary>One seed, at the address that listens.</summary>
    private static string Answer(TcpListener seed)
    {
        var port = ((IPEndPoint)seed.LocalEndpoint).Port;
        var body = $"d8:completei1e10:incompletei0e8:intervali1800e5:peers6:\x7f\0\0\x01{(char)(port >> 8)}{(char)(port & 0xff)}e";
        return $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }
}
