using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>Announces to a real opentracker over loopback by HTTP and UDP, under both hashes of a hybrid.</summary>
public sealed class OpentrackerTests(ITestOutputHelper output)
{
    private static readonly InfoHash Hybrid = ScriptedPeer.Hybrid.InfoHash;

    [Theory]
    [InlineData("http")]
    [InlineData("udp")]
    public async Task TwoAnnouncers_FindEachOther_UnderBothHashes_UntilTheOtherStops(string scheme)
    {
        using var folder = new TestFolder();
        await using var tool = await StartAsync(folder, [ScriptedPeer.V1, Convert.ToHexStringLower(Hybrid.V2Truncated!)]);
        using var trackers = new AnyTracker(new HttpTracker(HttpTrackerTests.Dial), new UdpTracker(Resolve));
        var url = tool.UrlOf(scheme);
        var seed = new Collector(leftBytes: 0);
        var leech = new Collector(leftBytes: 100);

        // Its goodbye has two seconds, which a machine under load may take before the first datagram leaves: its clock stands.
        await using var first = Announcer.Start(trackers, Hybrid, [[url]], PeerSettings.NewPeerId(), 4001, seed, new FakeTime(), seed: 1);
        await seed.AnswersAsync(2);
        await using var second = Announcer.Start(trackers, Hybrid, [[url]], PeerSettings.NewPeerId(), 4002, leech, TimeProvider.System, seed: 2);
        var found = await leech.AnswersAsync(2);

        output.WriteLine($"opentracker answered over {scheme} the second announcer with {string.Join(" and ", found.Select(p => string.Join(',', p)))}");
        Assert.All(found, peers => Assert.Contains(PeerEndpoint.From(IPAddress.Loopback, 4001), peers));

        var counted = await trackers.ScrapeAsync(new(url), [Hybrid.V1Bytes, Hybrid.V2Truncated], TestContext.Current.CancellationToken);
        Assert.True(counted.Succeeded, counted.Error?.ToString());
        Assert.Equal([(1, 1), (1, 1)], counted.Counts.Select(c => (c!.Value.Seeds!.Value, c.Value.Leeches!.Value)));

        await first.DisposeAsync();
        var third = new Collector(leftBytes: 100);
        await using var late = Announcer.Start(trackers, Hybrid, [[url]], PeerSettings.NewPeerId(), 4003, third, TimeProvider.System, seed: 3);
        Assert.All(await third.AnswersAsync(2), peers =>
        {
            Assert.DoesNotContain(PeerEndpoint.From(IPAddress.Loopback, 4001), peers);
            Assert.Contains(PeerEndpoint.From(IPAddress.Loopback, 4002), peers);
        });
    }

    [Fact]
    public async Task TorrentThatIsNotOnItsList_IsRefusedInItsWords()
    {
        using var folder = new TestFolder();
        await using var tool = await StartAsync(folder, [new string('0', 40)]);
        using var http = new HttpTracker(HttpTrackerTests.Dial);

        var result = await http.AnnounceAsync(new(tool.UrlOf("http")), new(ScriptedPeer.V1Only.DialHash.ToArray(), new byte[20], 4001), TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Refused, result.Error!.Value.Stage);
        Assert.Contains("not authorized", result.Error.Value.Message, StringComparison.Ordinal);
    }

    // Debian's build serves only the infohashes of a list, relative to the folder it makes its root.
    private static async Task<RunningTracker> StartAsync(TestFolder folder, string[] hashes)
    {
        await File.WriteAllLinesAsync(Path.Combine(folder.Path, "wl"), hashes, TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            // It reads the list as nobody.
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        // It opens its ports in the order in which they are named: when the TCP port answers, the UDP port is there.
        var tool = ExternalTool.Start("/usr/bin/opentracker", "opentracker", "-i", "127.0.0.1", "-P", port, "-p", port, "-d", folder.Path, "-u", "nobody", "-w", "wl");
        var running = new RunningTracker(tool, port);
        using var patience = new CancellationTokenSource(TestPatience.Long);
        while (true)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture), patience.Token);
                return running;
            }
            catch (SocketException) when (!tool.HasExited)
            {
                await Task.Yield();
            }
            catch (SocketException)
            {
                Assert.Fail($"opentracker ended: {tool.Errors}");
            }
        }
    }

    private static int FreePort()
    {
        // Of both kinds: a UDP socket of another test at this port would take the datagrams and say nothing.
        while (true)
        {
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            try
            {
                udp.Bind(tcp.LocalEndPoint!);
                return ((IPEndPoint)tcp.LocalEndPoint!).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
    }

    private static ValueTask<TrackerAddresses> Resolve(DnsEndPoint to, CancellationToken cancel) => ValueTask.FromResult(new TrackerAddresses([new(IPAddress.Parse(to.Host), to.Port)]));

    private sealed class RunningTracker(ExternalTool tool, string port) : IAsyncDisposable
    {
        public string UrlOf(string scheme) => $"{scheme}://127.0.0.1:{port}/announce";

        public ValueTask DisposeAsync() => tool.DisposeAsync();
    }

    private sealed class Collector(long leftBytes) : IAnnouncerSink
    {
        private readonly Channel<object> _answers = Channel.CreateUnbounded<object>();

        public AnnounceProgress Progress => new(0, 0, leftBytes);

        public void Answered(Uri tracker, TrackerResponse response) => _answers.Writer.TryWrite(response.Peers);

        public void Failed(Uri tracker, TrackerError error) => _answers.Writer.TryWrite(error);

        public async Task<ImmutableArray<PeerEndpoint>[]> AnswersAsync(int count)
        {
            var answers = new ImmutableArray<PeerEndpoint>[count];
            for (var i = 0; i < count; i++)
            {
                var answer = await _answers.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);
                answers[i] = Assert.IsType<ImmutableArray<PeerEndpoint>>(answer);
            }

            return answers;
        }
    }
}
