using Microsoft.AspNetCore.Http;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Front;

/// <summary>RFC 9110 §15.2 and §6.5 through the front, byte for byte: 1xx answers and trailers of an origin.</summary>
public sealed class InterimAndTrailerTests
{
    private const string Hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Bad: a\x01b\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Interim_GoesToAnHttp11Client_BeforeTheFinalAnswer(bool isNode)
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Hints + Ok);
        await using var front = isNode ? null : await TestFront.StartAsync();
        await using var node = isNode ? await TestNode.StartAsync(new() { HasStore = false }) : null;
        var (end, me) = isNode ? (node!.EndPoint, node.Identity.Pseudonym) : (front!.EndPoint, front.Identity.Pseudonym);
        using var client = await RawClient.ConnectAsync(end);
        for (var i = 0; i < 2; i++)
        {
            // Twice over one connection: what the server writes itself and what is written past it stay in order.
            await client.SendAsync($"GET {origin.Url}/{i} HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal((102, $"1.1 {me}"), Head(await client.ReadHeadAsync(), "Via"));
            var hints = await client.ReadHeadAsync();
            Assert.Equal((103, "</a.css>; rel=preload"), Head(hints, "Link"));
            Assert.Null(hints.Field("X-Bad"));
            Assert.Null(hints.Field("X-Hop"));
            var final = await client.ReadAnswerAsync();
            Assert.Equal((200, "ok"), (final.Status, final.Text));
        }
    }

    [Fact]
    public async Task Interim_DoesNotGoToAnHttp10Client() // §15.2 MUST NOT
    {
        await using var origin = RawOrigin.Always(Hints + Ok);
        await using var front = await TestFront.StartAsync();
        var answer = await front.ExchangeAsync($"GET {origin.Url}/ HTTP/1.0\r\nHost: x\r\n\r\n");
        Assert.Equal((200, "ok"), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gateway_PassesThemOnToo_WithoutWhatASiteMayNotSayThere(bool isNode)
    {
        const string Forbidden = "Set-Cookie: a=b\r\nX-Xet-Hash: 1\r\nNEL: {}\r\nAccess-Control-Allow-Origin: *\r\n";
        await using var origin = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await s.WriteAsync(head.Contains("/moved ", StringComparison.Ordinal)
                    ? $"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
                    : $"HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\nLink: </a.css>; rel=preload\r\n{Forbidden}\r\n"
                        + $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n{Forbidden}\r\n");
            }
        });
        await using var front = isNode ? null : await TestFront.StartAsync();
        await using var node = isNode ? await TestNode.StartAsync(new() { HasStore = false }) : null;
        var end = isNode ? node!.EndPoint : front!.EndPoint;
        using var client = await RawClient.ConnectAsync(end);

        await client.SendAsync($"GET /gateway/http/{origin.Authority}/moved HTTP/1.1\r\nHost: 127.0.0.1:{end.Port}\r\nTE: trailers\r\n\r\n");

        var hints = await client.ReadHeadAsync();
        Assert.Equal((103, "1"), Head(hints, "X-Hint"));
        Assert.All(["Link", "Set-Cookie", "X-Xet-Hash", "NEL", "Access-Control-Allow-Origin"], name => Assert.Null(hints.Field(name)));
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        Assert.Equal(("abc", "X-Sum: 42\r\n"), await ReadChunksAsync(client));
    }

    [Theory]
    [InlineData("TE: trailers\r\n", "x-sum: 42\r\n")] // RFC 9113 §8.2: names are lower case there
    [InlineData("", "")]
    public async Task Trailers_OfAnHttp2Origin_GoToAnHttp11Client(string te, string trailers)
    {
        using var authority = new TestAuthority();
        await using var origin = await Http2Origin.StartAsync(authority.Leaf(TestNode.TlsHost), async context =>
        {
            await context.Response.WriteAsync("abcdefg");
            context.Response.AppendTrailer("X-Sum", "42");
            context.Response.AppendTrailer("Set-Cookie", "a=b");
        });
        await using var node = await TestNode.StartAsync(new() { HasStore = false, TrustedRoots = authority.Roots });
        using var client = await node.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET /gateway/https/{TestNode.TlsHost}:{origin.Port}/{i} HTTP/1.1\r\nHost: 127.0.0.1:{node.EndPoint.Port}\r\n{te}\r\n");
            var head = await client.ReadHeadAsync();
            Assert.Equal((200, "chunked"), (head.Status, head.Field("Transfer-Encoding")));
            Assert.StartsWith("2 ", head.Field("Via"), StringComparison.Ordinal);
            Assert.Equal(("abcdefg", trailers), await ReadChunksAsync(client));
        }
    }

    [Fact]
    public async Task Interim_OfAStoredAnswer_IsNotRepeated()
    {
        await using var origin = RawOrigin.Always(Hints + "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
        await using var node = await TestNode.StartAsync(new() { HasStore = false });
        using var client = await node.ConnectAsync();
        var request = $"GET {origin.Url}/ HTTP/1.1\r\nHost: x\r\n\r\n";
        await client.SendAsync(request);
        Assert.Equal(103, (await client.ReadHeadAsync()).Status);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
        await client.SendAsync(request);
        Assert.Equal(200, (await client.ReadAnswerAsync()).Status);
    }

    [Theory]
    [InlineData("TE: trailers\r\n", true)]
    [InlineData("TE: gzip;q=0.5\r\nTE: Trailers\r\n", true)]
    [InlineData("TE: gzip\r\n", false)]
    [InlineData("", false)]
    public async Task Trailers_GoToWhoTakesThem(string te, bool relayed)
    {
        await using var origin = RawOrigin.Always(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\n");
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: x\r\n{te}\r\n");
            var head = await client.ReadHeadAsync();
            Assert.Equal((200, "chunked"), (head.Status, head.Field("Transfer-Encoding")));
            var (body, trailers) = await ReadChunksAsync(client);
            Assert.Equal("abcdefg", body);
            Assert.Equal(relayed ? "X-Sum: 42\r\n" : "", trailers);
        }
    }

    [Fact]
    public async Task Trailers_OfABodyThatBreaks_NeverEndItCleanly()
    {
        var seen = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async session =>
        {
            await session.ReadHeadAsync();
            await session.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
            await seen.Task;
            await session.WriteAsync("4\r\nde");
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        seen.SetResult();
        var (received, _) = await client.ReadToEndAsync();
        Assert.DoesNotContain("0\r\n", System.Text.Encoding.Latin1.GetString(received).Replace("00000003\r\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trailers_LengthAnnounced_IsNotMadeChunked()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();
        var answer = await front.GetAsync($"{origin.Url}/", "TE: trailers");
        Assert.Equal(("2", (string?)null, "ok"), (answer.Field("Content-Length"), answer.Field("Transfer-Encoding"), answer.Text));
    }

    private static (int Status, string? Value) Head(RawAnswer answer, string field) => (answer.Status, answer.Field(field));

    /// <summary>A second reader of chunks: a line, so many bytes, CRLF; then the trailer section as it stands.</summary>
    private static async Task<(string Body, string Trailers)> ReadChunksAsync(RawClient client)
    {
        var body = "";
        while (true)
        {
            var size = Convert.ToInt32((await LineAsync())[..^2], 16);
            if (size == 0)
            {
                break;
            }

            body += System.Text.Encoding.Latin1.GetString(await client.ReadBytesAsync(size));
            Assert.Equal("\r\n", await LineAsync());
        }

        var trailers = "";
        while (await LineAsync() is not "\r\n" and var line)
        {
            trailers += line;
        }

        return (body, trailers);

        async Task<string> LineAsync()
        {
            var line = "";
            while (!line.EndsWith("\r\n", StringComparison.Ordinal))
            {
                line += (char)(await client.ReadBytesAsync(1))[0];
            }

            return line;
        }
    }
}
