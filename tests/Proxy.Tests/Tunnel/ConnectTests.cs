using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Tunnel;

/// <summary>CONNECT: what is tunnelled, what is refused, and how tunnels end.</summary>
public sealed class ConnectTests
{
    private static TestFrontOptions To(RawOrigin origin) => new() { ConnectPorts = new HashSet<int> { origin.Port } };

    private static string Connect(RawOrigin origin) => $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n";

    [Fact]
    public async Task Connect_OneMegabyteBothWays_IsUnchangedAndNothingIsAdded()
    {
        var bytes = Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 131 >> 5)).ToArray();
        byte[]? seen = null;
        await using var origin = RawOrigin.Start(async s =>
        {
            var all = new byte[bytes.Length];
            await s.Stream.ReadExactlyAsync(all, s.Stopped);
            seen = all;
            await s.WriteAsync(all);
        });
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();
        await client.Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        var back = (await client.ReadToEndAsync()).Bytes;

        Assert.True(bytes.AsSpan().SequenceEqual(seen));
        Assert.True(bytes.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public async Task Connect_BytesBehindTheHead_WaitForTheTunnel()
    {
        await using var origin = RawOrigin.Start(async s => await s.WriteAsync("got " + await s.ReadTextAsync(5)));
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        await client.SendAsync(Connect(origin) + "early");
        var head = await client.ReadHeadAsync();

        Assert.Equal(200, head.Status);
        Assert.Equal("got early", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
    }

    [Fact]
    public async Task Connect_HeadInSingleBytes_IsUnderstood()
    {
        await using var origin = RawOrigin.Start(s => s.WriteAsync("hi"));
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        foreach (var c in Connect(origin))
        {
            await client.SendAsync(c.ToString());
        }

        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
    }

    [Fact]
    public async Task Connect_ClientHalfCloses_OriginStillAnswers()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            var count = await s.DrainAsync(); // ends only when the half-close arrives
            await s.WriteAsync($"{count} bytes");
        });
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();
        await client.SendAsync("12345");
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("5 bytes", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
    }

    [Fact]
    public async Task Connect_OriginHalfCloses_ClientMayStillSend()
    {
        var received = new TaskCompletionSource<long>();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.WriteAsync("bye");
            s.Socket.Shutdown(SocketShutdown.Send);
            received.SetResult(await s.DrainAsync());
        });
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();
        Assert.Equal("bye", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
        await client.SendAsync("after the end");
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(13, await received.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Connect_OriginResets_ClientIsReset()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadTextAsync(1);
            s.Reset();
        });
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();

        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();
        await client.SendAsync("x");

        Assert.True((await client.ReadToEndAsync()).WasReset);
    }

    [Theory]
    [InlineData("example.com", 400)]
    [InlineData("example.com:", 400)]
    [InlineData("example.com:0", 400)]
    [InlineData("example.com:65536", 400)]
    [InlineData("example.com:44a", 400)]
    [InlineData("http://example.com:443", 400)]
    [InlineData("user@example.com:443", 400)]
    [InlineData("0x7f.1:443", 400)]
    [InlineData("2130706433:443", 400)]
    [InlineData("::1:443", 400)]
    [InlineData("example.com:80", 403)]
    [InlineData("example.com:22", 403)]
    [InlineData("127.0.0.1:443", 403)]
    [InlineData("[::1]:443", 403)]
    [InlineData("169.254.169.254:443", 403)]
    [InlineData("[64:ff9b::7f00:1]:443", 403)]
    public async Task Connect_TargetThatIsNotForTunnels_IsRefusedAndClosed(string authority, int status)
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { AllowTargets = [] });
        using var client = await front.ConnectAsync();

        await client.SendAsync($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        var answer = await client.ReadAnswerAsync();

        Assert.Equal(status, answer.Status);
        Assert.Equal("close", answer.Field("Connection"));
        Assert.Contains("error=", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
    }

    [Theory]
    [InlineData("CONNECT example.com:443\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/2.0\r\n\r\n")]
    [InlineData("CONNECT  example.com:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nX : y\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\n folded: y\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\nHost: x\n\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nX: a\0b\r\n\r\n")]
    public async Task Connect_MalformedHead_Is400(string head)
    {
        await using var front = await TestFront.StartAsync();

        Assert.Equal(400, (await front.ExchangeAsync(head)).Status);
    }

    [Fact]
    public async Task Connect_EndlessHead_Is431()
    {
        await using var front = await TestFront.StartAsync();

        Assert.Equal(431, (await front.ExchangeAsync("CONNECT example.com:443 HTTP/1.1\r\nX: " + new string('a', 20_000))).Status);
    }

    [Fact]
    public async Task Connect_OwnPort_Is403ThoughAllowed()
    {
        await using var first = await TestFront.StartAsync();
        var ports = new HashSet<int>();
        await using var front = await TestFront.StartAsync(new TestFrontOptions { ConnectPorts = ports });
        ports.Add(front.Port);

        var answer = await front.ExchangeAsync($"CONNECT 127.0.0.1:{front.Port} HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(403, answer.Status);
        Assert.Contains("this program itself", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_OriginRefuses_Is502WithTheCause()
    {
        int port;
        await using (var gone = RawOrigin.Always(""))
        {
            port = gone.Port;
        }

        await using var front = await TestFront.StartAsync(new TestFrontOptions { ConnectPorts = new HashSet<int> { port } });

        var answer = await front.ExchangeAsync(string.Create(CultureInfo.InvariantCulture, $"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n"));

        Assert.Equal(502, answer.Status);
        Assert.Contains("error=connection_refused", answer.Field("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_OneMoreThanTheCap_Is503UntilOneCloses()
    {
        await using var origin = RawOrigin.Start(s => s.DrainAsync());
        await using var front = await TestFront.StartAsync(To(origin) with { TunnelsMax = 1 });
        using (var first = await front.ConnectAsync())
        {
            await first.SendAsync(Connect(origin));
            await first.ReadHeadAsync();

            Assert.Equal(503, (await front.ExchangeAsync(Connect(origin))).Status);
        }

        for (var status = 503; status != 200;)
        {
            using var next = await front.ConnectAsync();
            await next.SendAsync(Connect(origin));
            status = (await next.ReadHeadAsync()).Status;
        }
    }

    [Fact]
    public async Task Connect_IdleBeyondTheLimit_IsReset_AndTrafficPutsItOff()
    {
        var time = new FakeTime();
        await using var origin = RawOrigin.Start(async s =>
        {
            while (true)
            {
                await s.WriteAsync(await s.ReadTextAsync(1));
            }
        });
        await using var front = await TestFront.StartAsync(To(origin) with { Time = time, TunnelIdle = TimeSpan.FromMinutes(15) });
        using var client = await front.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();

        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromMinutes(14));
            await client.SendAsync("p");
            Assert.Equal("p", Encoding.Latin1.GetString(await client.ReadBytesAsync(1)));
        }

        time.Advance(TimeSpan.FromMinutes(16));
        Assert.True((await client.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task Connect_AsSecondRequest_Is405AndClosed()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadAnswerAsync();

        await client.SendAsync(Connect(origin));
        var answer = await client.ReadAnswerAsync();

        Assert.Equal(405, answer.Status);
        Assert.Equal("close", answer.Field("Connection"));
        Assert.Empty((await client.ReadToEndAsync()).Bytes);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task Connect_HeadNeverFinished_IsClosedAfterTheHeadTimeout()
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { RequestHeadTimeout = TimeSpan.FromMilliseconds(200) });
        using var client = await front.ConnectAsync();

        await client.SendAsync("CONNECT example.com:443 HTTP/1.1\r\n");

        Assert.Empty((await client.ReadToEndAsync()).Bytes);
    }

    [Fact]
    public async Task Stop_WithAnOpenTunnel_EndsWithinFiveSeconds()
    {
        await using var origin = RawOrigin.Start(s => s.DrainAsync());
        await using var front = await TestFront.StartAsync(To(origin));
        using var client = await front.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadHeadAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await front.Front.StopAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await client.ReadToEndAsync();
    }
}
