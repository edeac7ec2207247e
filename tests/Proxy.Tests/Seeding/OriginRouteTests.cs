using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>What <c>seed --origin</c> passes on as it is: methods other than GET and HEAD, and connections that become something else.</summary>
public sealed class OriginRouteTests
{
    private const string Form = "name=value&x=%C3%A9";

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task OtherMethods_ReachTheOrigin_WithQueryBodyAndWhoAsks(string method)
    {
        await using var origin = Echo();
        await using var node = await SiteNode.StartAsync(origin.Url, "--web-seed", "http://files.example/");

        var answer = await Ask(node, method, "/form?a=b%20c", "Content-Type: application/x-www-form-urlencoded", "Forwarded: for=1.2.3.4", "X-Forwarded-For: 1.2.3.4");

        Assert.Equal((200, Form), (answer.Status, answer.Text));
        var head = Assert.Single(origin.Heads);
        Assert.StartsWith($"{method} /form?a=b%20c HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nHost: {origin.Authority}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-For: 127.0.0.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Host: files.example\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("1.2.3.4", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BodyOfUnknownLength_IsPassedOnWhole()
    {
        await using var origin = Echo();
        await using var node = await SiteNode.StartAsync(origin.Url);
        using var client = await RawClient.ConnectAsync(node.EndPoint);
        await client.SendAsync($"POST /form HTTP/1.1\r\nHost: {node.EndPoint}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n");
        await client.SendAsync("5\r\nvalue\r\n0\r\n\r\n");
        Assert.Equal("name=value", (await client.ReadAnswerAsync()).Text);
    }

    [Fact]
    public async Task GetWithABody_IsForwardedToo_AndNotKept()
    {
        await using var origin = Echo("Cache-Control: public, max-age=600");
        await using var node = await SiteNode.StartAsync(origin.Url);
        foreach (var form in new[] { "first", "other" })
        {
            var answer = await RawClient.ExchangeAsync(node.EndPoint, $"GET /search HTTP/1.1\r\nHost: {node.EndPoint}\r\nContent-Length: {form.Length}\r\n\r\n{form}");
            Assert.Equal(form, answer.Text);
        }

        Assert.Equal(2, origin.Heads.Count);
    }

    [Fact]
    public async Task RedirectToTheOriginItself_NamesTheVisitorsPath()
    {
        RawOrigin? self = null;
        await using var origin = RawOrigin.Start(async session =>
        {
            await session.ReadHeadAsync();
            await session.ReadTextAsync(Form.Length);
            await session.WriteAsync($"HTTP/1.1 303 See Other\r\nLocation: {self!.Url}/done?id=1\r\nContent-Length: 0\r\n\r\n");
        });
        self = origin;
        await using var node = await SiteNode.StartAsync(origin.Url);
        var answer = await Ask(node, "POST", "/form");
        Assert.Equal((303, "/done?id=1"), (answer.Status, answer.Field("Location")));
    }

    [Fact]
    public async Task Post_EndsWhatWasKeptOfTheSamePath()
    {
        await using var origin = Echo("Cache-Control: public, max-age=600");
        await using var node = await SiteNode.StartAsync(origin.Url);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await node.GetAsync("/page")).Status);
        }

        Assert.Single(origin.Heads);
        Assert.Equal(200, (await Ask(node, "POST", "/page")).Status); // RFC 9111 §4.4
        Assert.Equal(200, (await node.GetAsync("/page")).Status);
        Assert.Equal(["GET", "POST", "GET"], origin.Heads.Select(static h => h.Split(' ')[0]));
    }

    [Fact]
    public async Task Upgrade_BytesPassBothWays()
    {
        await using var origin = RawOrigin.Start(async session =>
        {
            await session.ReadHeadAsync();
            await session.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
            await session.WriteAsync($"<{await session.ReadTextAsync(5)}>");
        });
        await using var node = await SiteNode.StartAsync(origin.Url);
        using var client = await RawClient.ConnectAsync(node.EndPoint);
        await client.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: {node.EndPoint}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.Equal((101, "websocket"), (head.Status, head.Field("Upgrade")));

        await client.SendAsync("hello");
        Assert.Equal("<hello>"u8.ToArray(), await client.ReadBytesAsync(7));
        Assert.Contains("\r\nX-Forwarded-For: 127.0.0.1\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PostThatFails_IsNotSentTwice()
    {
        // Both break off after the request: whichever it was sent to, what it did is not known (RFC 9110 §9.2.2).
        await using var one = Broken();
        await using var other = Broken();
        await using var node = await SiteNode.StartAsync(one.Url, "--origin", other.Url);

        Assert.Equal(502, (await Ask(node, "POST", "/form")).Status);
        Assert.Equal(1, Posts(one) + Posts(other));

        static RawOrigin Broken() => RawOrigin.Start(static async session =>
        {
            if (await session.ReadHeadAsync() is { } head && head.StartsWith("POST ", StringComparison.Ordinal))
            {
                await session.ReadTextAsync(Form.Length);
            }

            session.Reset();
        });

        static int Posts(RawOrigin origin) => origin.Heads.Count(static h => h.StartsWith("POST ", StringComparison.Ordinal));
    }

    private static Task<RawAnswer> Ask(SiteNode node, string method, string path, params string[] lines) => RawClient.ExchangeAsync(
        node.EndPoint,
        $"{method} {path} HTTP/1.1\r\nHost: {node.EndPoint}\r\n{string.Concat(lines.Select(static l => l + "\r\n"))}Content-Length: {Form.Length}\r\n\r\n{Form}");

    /// <summary>A server that answers with the body of the request.</summary>
    private static RawOrigin Echo(string line = "Cache-Control: no-store") => RawOrigin.Start(async session =>
    {
        while (await session.ReadHeadAsync() is { } head)
        {
            var body = head.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? await ReadChunksAsync(session)
                : Length(head) is var bytes and > 0 ? await session.ReadTextAsync(bytes)
                : "";
            await session.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{line}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    });

    private static int Length(string head) => head.Split("\r\n").FirstOrDefault(static l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line
        ? int.Parse(line.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;

    private static async Task<string> ReadChunksAsync(RawSession session)
    {
        var all = "";
        while (true)
        {
            var line = "";
            while (!line.EndsWith("\r\n", StringComparison.Ordinal))
            {
                line += await session.ReadTextAsync(1);
            }

            var bytes = int.Parse(line, System.Globalization.NumberStyles.HexNumber | System.Globalization.NumberStyles.AllowTrailingWhite, System.Globalization.CultureInfo.InvariantCulture);
            all += await session.ReadTextAsync(bytes);
            await session.ReadTextAsync(2);
            if (bytes == 0)
            {
                return all;
            }
        }
    }
}
