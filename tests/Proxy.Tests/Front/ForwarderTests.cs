using System.Text;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Front;

/// <summary>Everything that is no plain read.</summary>
public sealed class ForwarderTests
{
    [Fact]
    public async Task Post_WithBody_ArrivesUnchangedWithNothingAddedButVia()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            var body = await s.ReadTextAsync(5);
            await s.WriteAsync($"HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-Hop: 1\r\nConnection: X-Hop\r\n\r\n{body}");
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync(
            $"POST {origin.Url}/a%2Fb//../c?q HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: X-Mine\r\nX-Mine: 1\r\nX-Keep: 2\r\n\r\nhello");

        Assert.StartsWith("HTTP/1.1 201 Made\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Equal("hello", answer.Text);
        Assert.False(answer.Has("X-Hop"));
        var lines = Assert.Single(origin.Heads).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("POST /a%2Fb//../c?q HTTP/1.1", lines[0]);
        Assert.Equal(
            new[] { "Content-Length: 5", "Content-Type: text/plain", $"Host: {origin.Authority}", $"Via: 1.1 {front.Identity.Pseudonym}", "X-Keep: 2" },
            lines.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Put_HundredMegabytes_StreamsWhileTheClientStillSends()
    {
        const int total = 100 << 20;
        var received = 0L;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            var buffer = new byte[256 * 1024];
            while (Interlocked.Read(ref received) < total)
            {
                Interlocked.Add(ref received, await s.Stream.ReadAsync(buffer, s.Stopped));
            }

            await s.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n");
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"PUT {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: {total}\r\n\r\n");
        var block = new byte[1 << 20];
        await client.Stream.WriteAsync(block, TestContext.Current.CancellationToken);

        await Eventually.IsTrueAsync(() => Interlocked.Read(ref received) >= block.Length, "the first megabyte arrives while 99 are still to be sent");
        for (var i = 1; i < 100; i++)
        {
            await client.Stream.WriteAsync(block, TestContext.Current.CancellationToken);
        }

        Assert.Equal(204, (await client.ReadAnswerAsync()).Status);
        Assert.Equal(total, received);
    }

    [Fact]
    public async Task Post_HalfOfASmallBody_ReachesTheOriginBeforeTheRestIsSent()
    {
        var half = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            half.SetResult(await s.ReadTextAsync(5));
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{await s.ReadTextAsync(5)}");
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();

        await client.SendAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 10\r\n\r\nhello");
        Assert.Equal("hello", await half.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        await client.SendAsync("world");

        Assert.Equal("world", (await client.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task Put_PausesForEightSeconds_GoesOn()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{await s.ReadTextAsync(10)}");
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"PUT {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 10\r\n\r\nhello");

        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(8)); // the server's default rate gives up after 5 s of grace
        await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        await client.SendAsync("world");

        Assert.Equal("helloworld", (await client.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task Post_Chunked_ArrivesWhole()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            var chunked = "";
            while (!chunked.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                chunked += await s.ReadTextAsync(1);
            }

            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");

        Assert.Equal("ok", answer.Text);
        Assert.DoesNotContain("Content-Length", Assert.Single(origin.Heads), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Post_ExpectContinue_BodyIsSentOnlyAfterTheOriginAgrees()
    {
        var bodyBeforeContinue = true;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            bodyBeforeContinue = s.Socket.Available > 0;
            await s.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{await s.ReadTextAsync(5)}");
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

        Assert.Equal(100, (await client.ReadHeadAsync()).Status);
        await client.SendAsync("hello");

        Assert.Equal("hello", (await client.ReadAnswerAsync()).Text);
        Assert.False(bodyBeforeContinue);
        Assert.Contains("Expect: 100-continue", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ExpectContinueRefused_BodyIsNeverAskedFor()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"); // the HTTP client sends bodies of a kilobyte regardless

        Assert.Equal(413, (await client.ReadHeadAsync()).Status);
    }

    [Fact]
    public async Task Upgrade_WebSocket_BytesPassBothWays()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
            await s.WriteAsync("echo " + await s.ReadTextAsync(4));
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync(
            $"GET {origin.Url}/ws HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");

        var head = await client.ReadHeadAsync();
        await client.SendAsync("ping");

        Assert.Equal(101, head.Status);
        Assert.Equal("websocket", head.Field("Upgrade"));
        Assert.Equal("echo ping", Encoding.Latin1.GetString(await client.ReadBytesAsync(9)));
        Assert.Contains("\r\nUpgrade: websocket\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_ToHttp2_IsIgnoredAndThePlainGetAnswered()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk");

        Assert.Equal("ok", answer.Text);
        Assert.DoesNotContain("h2c", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_WithoutHopsLeft_IsAnsweredHere_AndOtherwiseCountsDown()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();
        string Request(int hops) => $"OPTIONS {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\nMax-Forwards: {hops}\r\n\r\n";

        Assert.True((await front.ExchangeAsync(Request(0))).Has("Allow"));
        Assert.Equal(0, origin.Connections);
        Assert.Equal(200, (await front.ExchangeAsync(Request(3))).Status);
        Assert.Contains("\r\nMax-Forwards: 2\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ToForbiddenTarget_Is403()
    {
        await using var origin = RawOrigin.Always("");
        await using var front = await TestFront.StartAsync(new TestFrontOptions { AllowTargets = [] });

        var answer = await front.ExchangeAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(403, answer.Status);
        Assert.Contains("--allow-target 127.0.0.1", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, origin.Connections);
    }
}
