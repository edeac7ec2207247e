using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>The tracker at its port: this program's own clients announce to it over both protocols and families; garbage costs it no more than it is.</summary>
public sealed class EmbeddedTrackerTests
{
    private static readonly WireHash Hash = new(1, 2, 3);

    [Theory]
    [InlineData("http", "127.0.0.1")]
    [InlineData("udp", "127.0.0.1")]
    [InlineData("http", "::1")]
    [InlineData("udp", "::1")]
    public async Task TwoClients_FindEachOther(string scheme, string address)
    {
        await using var tracker = Start(address);
        var url = new Uri($"{scheme}://{tracker.EndPoint}/announce");
        using var client = Client(tracker);

        var first = await client.AnnounceAsync(url, Announce(1001, left: 0), TestContext.Current.CancellationToken);
        var second = await client.AnnounceAsync(url, Announce(1002, left: 5), TestContext.Current.CancellationToken);

        Assert.Null(first.Error);
        Assert.Null(second.Error);
        Assert.Equal([new IPEndPoint(IPAddress.Parse(address), 1001)], second.Response!.Peers.Select(p => p.ToEndPoint()));
        Assert.Equal((1, 1), (second.Response.Complete, second.Response.Incomplete));
        var scraped = await client.ScrapeAsync(url, [Hash.ToArray()], TestContext.Current.CancellationToken);
        Assert.Equal(new ScrapeCounts(1, 0, 1), Assert.Single(scraped.Counts!));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("udp")]
    public async Task TorrentOfSomebodyElse_IsRefusedWithItsReason(string scheme)
    {
        await using var tracker = Start("127.0.0.1");
        using var client = Client(tracker);

        var result = await client.AnnounceAsync(new($"{scheme}://{tracker.EndPoint}/announce"), Announce(1001, 1) with { InfoHash = new byte[20] }, TestContext.Current.CancellationToken);

        Assert.Contains("not tracked here", result.Error?.Message, StringComparison.Ordinal);
        Assert.Equal(0, tracker.Peers);
    }

    [Theory]
    [InlineData("GET /announce?info_hash=abc&peer_id=01234567890123456789&port=1 HTTP/1.1\r\n\r\n", "d14:failure reason25:info_hash is not 20 bytese")]
    [InlineData("GET /announce?info_hash=%00%00%00%00%00%00%00%01%00%00%00%00%00%00%00%02%00%00%00%03&peer_id=01234567890123456789&port=0 HTTP/1.1\r\n\r\n", "port is not")]
    [InlineData("GET /announce?info_hash=%00%00%00%00%00%00%00%01%00%00%00%00%00%00%00%02%00%00%00%03&peer_id=01234567890123456789&port=7&ip=9.9.9.9&left=0 HTTP/1.0\r\n\r\n", "8:completei1e")]
    [InlineData("GET /scrape HTTP/1.1\r\n\r\n", "failure reason")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "404 Not Found")]
    [InlineData("POST /announce HTTP/1.1\r\n\r\n", "405 Method Not Allowed")]
    [InlineData("\r\n\r\n", "405 Method Not Allowed")]
    public async Task Request_GetsItsAnswer(string request, string expected)
    {
        await using var tracker = Start("127.0.0.1");
        Assert.Contains(expected, await AskAsync(tracker, Encoding.ASCII.GetBytes(request)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeadThatDoesNotEnd_IsRefused()
    {
        await using var tracker = Start("127.0.0.1");
        Assert.Contains("400 Bad Request", await AskAsync(tracker, Encoding.ASCII.GetBytes("GET /announce?" + new string('a', 5_000))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_GetsNoMoreBytesThanItIs_AndAGenuineClientItsAnswer()
    {
        await using var tracker = Start("127.0.0.1");
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        stranger.Connect(tracker.EndPoint);
        var random = new Random(5);
        var (sent, got) = (0L, 0L);
        var answer = new byte[2_048];
        using var client = Client(tracker);
        for (var i = 0; i < 5_000; i++)
        {
            sent += stranger.Send(Garbage(random, i));
            if (i % 50 == 49)
            {
                CatchUp();
            }

            if (i % 1_000 == 999)
            {
                var genuine = await client.AnnounceAsync(new($"udp://{tracker.EndPoint}/announce"), Announce(2_000 + i, 1), TestContext.Current.CancellationToken);
                Assert.Null(genuine.Error);
            }
        }

        Assert.InRange(got, 16, sent);
        Assert.Equal(5, tracker.Peers); // of the garbage nothing is kept

        // A connect, whose answer comes behind all others: no queue overflows, and every answer is counted.
        void CatchUp()
        {
            var marker = random.Next();
            sent += stranger.Send([.. Convert.FromHexString("000004172710198000000000"), .. BitConverter.GetBytes(marker)]);
            do
            {
                Assert.True(stranger.Poll(TestPatience.Long, SelectMode.SelectRead), "the tracker answers a connect");
                got += stranger.Receive(answer);
            }
            while (BitConverter.ToInt32(answer, 4) != marker);
        }
    }

    /// <summary>Noise, connects, and announces and scrapes whose connection id is made up.</summary>
    private static byte[] Garbage(Random random, int i)
    {
        var bytes = new byte[i % 4 == 0 ? random.Next(1, 300) : i % 4 == 1 ? 16 : i % 4 == 2 ? 98 : 16 + (20 * random.Next(1, 75))];
        random.NextBytes(bytes);
        if (i % 4 == 1)
        {
            Convert.FromHexString("000004172710198000000000").CopyTo(bytes, 0);
        }
        else if (i % 4 > 1)
        {
            (bytes[8], bytes[9], bytes[10], bytes[11]) = (0, 0, 0, (byte)(i % 4 == 2 ? 1 : 2));
        }

        return bytes;
    }

    private static EmbeddedTracker Start(string address) =>
        EmbeddedTracker.Start(new(IPAddress.Parse(address), 0), new(), hash => hash == Hash ? new TrackedTorrent() : null, TimeProvider.System);

    private static TrackerAnnounce Announce(int port, long left) => new(Hash.ToArray(), new byte[20], port) { LeftBytes = left, Event = TrackerEvent.Started };

    private static Clients Client(EmbeddedTracker tracker) => new(tracker);

    private static async Task<string> AskAsync(EmbeddedTracker tracker, byte[] request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(tracker.EndPoint, TestContext.Current.CancellationToken);
        await socket.SendAsync(request, TestContext.Current.CancellationToken);
        var all = new MemoryStream();
        var buffer = new byte[4_096];
        while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long) is > 0 and var n)
        {
            all.Write(buffer, 0, n);
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>This program's own tracker clients, whose every target is the tracker.</summary>
    private sealed class Clients(EmbeddedTracker tracker) : IDisposable
    {
        private readonly HttpTracker _http = new(async (to, cancel) =>
        {
            var socket = new Socket(tracker.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(tracker.EndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        });

        private readonly UdpTracker _udp = new((_, _) => ValueTask.FromResult(new TrackerAddresses([tracker.EndPoint])), TimeProvider.System, 1);

        public Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel) =>
            url.Scheme == "udp" ? _udp.AnnounceAsync(url, announce, cancel) : _http.AnnounceAsync(url, announce, cancel);

        public Task<ScrapeResult> ScrapeAsync(Uri url, IReadOnlyList<ReadOnlyMemory<byte>> hashes, CancellationToken cancel) =>
            url.Scheme == "udp" ? _udp.ScrapeAsync(url, hashes, cancel) : _http.ScrapeAsync(url, hashes, cancel);

        public void Dispose() => _http.Dispose();
    }
}
