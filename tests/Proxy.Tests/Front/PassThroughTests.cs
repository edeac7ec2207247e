using System.Text;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Front;

/// <summary>What reaches the origin and what comes back, byte for byte.</summary>
public sealed class PassThroughTests
{
    [Fact]
    public async Task Get_AbsoluteForm_OriginSeesRawTargetAndNothingAddedButVia()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nhello");
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync(
            $"GET {origin.Url}/a%2Fb//c/%7Eu/../z?q=%20&r HTTP/1.1\r\nHost: other.example\r\nRange: bytes=0-4\r\nX-Mine: 1\r\nUser-Agent: raw/1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nProxy-Connection: keep-alive\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("hello", answer.Text);
        var lines = Assert.Single(origin.Heads).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("GET /a%2Fb//c/%7Eu/../z?q=%20&r HTTP/1.1", lines[0]);
        Assert.Equal(
            new[]
            {
                $"Host: {origin.Authority}", "Range: bytes=0-4", "User-Agent: raw/1", $"Via: 1.1 {front.Identity.Pseudonym}", "X-Mine: 1",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
            lines.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Get_Response_ClientSeesStatusReasonFieldsAndVia()
    {
        await using var origin = RawOrigin.Always(
            "HTTP/1.1 203 Quite Fine\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\nContent-Length: 3\r\nX-Latin: caf\u00e9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: X-Hop\r\nX-Hop: secret\r\nProxy-Authenticate: Basic\r\n\r\nabc");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.StartsWith("HTTP/1.1 203 Quite Fine\r\n", answer.Head, StringComparison.Ordinal);
        Assert.Equal("abc", answer.Text);
        Assert.Equal(
            new[]
            {
                ("Content-Length", "3"), ("Date", "Sun, 22 Nov 2026 00:00:00 GMT"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
                ("Via", $"1.1 {front.Identity.Pseudonym}"), ("X-Latin", "caf\u00e9"),
            },
            answer.Fields.Order());
    }

    /// <summary>RFC 9112 §9.3.2.</summary>
    [Fact]
    public async Task TwoRequestsAtOnce_AreAnsweredInTheirOrder()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                var path = head.Split(' ')[1];
                await s.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: {path.Length}\r\n\r\n{path}");
            }
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();

        await client.SendAsync($"GET {origin.Url}/first HTTP/1.1\r\nHost: x\r\n\r\nGET {origin.Url}/2 HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal("/first", (await client.ReadAnswerAsync()).Text);
        Assert.Equal("/2", (await client.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task Get_BodyOfEveryOctet_ArrivesUnchanged()
    {
        var body = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3)).ToArray();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n");
            await s.WriteAsync(body);
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.True(body.AsSpan().SequenceEqual(answer.Body));
    }

    [Fact]
    public async Task Get_UnknownLength_ArrivesChunkedAndWhole()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal("hello world", answer.Text);
        Assert.Null(answer.Field("Content-Length"));
    }

    [Fact]
    public async Task Head_ContentLength_IsKeptWithoutBody()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 123456789012\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync($"HEAD {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");

        Assert.Equal("123456789012", answer.Field("Content-Length"));
    }

    [Theory]
    [InlineData("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n", 416)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302)]
    public async Task Get_AnswerWithoutContent_PassesAsItIs(string response, int status)
    {
        await using var origin = RawOrigin.Always(response);
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal(status, answer.Status);
        Assert.Empty(answer.Body);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task Get_TwoRequests_ReuseOneOriginConnection()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();

        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url}/{i} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal("ok", (await client.ReadAnswerAsync()).Text);
        }

        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task OriginForm_OnProxyPort_Is400AndSaysHowToUseIt()
    {
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync("/");

        Assert.Equal(400, answer.Status);
        Assert.Contains($"curl -x http://127.0.0.1:{front.Port}", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_BlindTunnel_RelaysBothWays()
    {
        await using var origin = RawOrigin.Start(async s => await s.WriteAsync("echo " + await s.ReadTextAsync(4)));
        await using var front = await TestFront.StartAsync(new TestFrontOptions { ConnectPorts = new HashSet<int> { origin.Port } });
        using var client = await front.ConnectAsync();

        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var answer = await client.ReadHeadAsync();
        await client.SendAsync("ping");

        Assert.Equal("HTTP/1.1 200 Connection Established\r\n\r\n", answer.Head);
        Assert.Equal("echo ping", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
    }
}
