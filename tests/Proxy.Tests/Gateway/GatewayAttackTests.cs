using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>Who must not use the addresses this port serves itself; each attack ends without a request to the origin.</summary>
public sealed class GatewayAttackTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Dest: iframe")]
    [InlineData("Sec-Fetch-Mode: no-cors")]
    [InlineData("sec-fetch-site: cross-site")]
    [InlineData("Origin: https://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Service-Worker: script")]
    public async Task Browser_AnySign_Is403(string line)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        foreach (var path in new[] { $"/gateway/http/{origin.Authority}/", "/torrents/0123456789012345678901234567890123456789" })
        {
            var answer = await front.GetLocalAsync(path, line);

            Assert.Equal(403, answer.Status);
            Assert.False(answer.Has("Access-Control-Allow-Origin"));
        }

        Assert.Equal(0, origin.Connections);
    }

    [Theory]
    [InlineData("evil.example:{0}")]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1.evil.example:{0}")]
    [InlineData("localhost.:{0}")]
    [InlineData("127.1:{0}")]
    [InlineData("[::ffff:127.0.0.1]:{0}")]
    public async Task Host_OtherThanThisMachine_Is421(string host)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();
        var named = host.Replace("{0}", $"{front.Port}", StringComparison.Ordinal);

        foreach (var path in new[] { $"/gateway/http/{origin.Authority}/", "/torrents/x" })
        {
            Assert.Equal(421, (await front.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: {named}\r\n\r\n")).Status);
        }

        Assert.Equal(0, origin.Connections);
    }

    [Theory]
    [InlineData("localhost:{0}")]
    [InlineData("LocalHost:{0}")]
    [InlineData("[::1]:{0}")]
    public async Task Host_NamesOfThisMachine_AreServed(string host)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync($"GET /gateway/http/{origin.Authority}/ HTTP/1.1\r\nHost: {host.Replace("{0}", $"{front.Port}", StringComparison.Ordinal)}\r\n\r\n");

        Assert.Equal("ok", answer.Text);
    }

    [Theory]
    [InlineData("POST", "Content-Length: 2\r\n\r\nhi")]
    [InlineData("DELETE", "\r\n")]
    [InlineData("OPTIONS", "\r\n")]
    [InlineData("GET", "Content-Length: 2\r\n\r\nhi")]
    [InlineData("GET", "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")]
    public async Task Method_OtherThanPlainGetOrHead_Is405(string method, string rest)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        var answer = await front.ExchangeAsync($"{method} /gateway/http/{origin.Authority}/ HTTP/1.1\r\nHost: 127.0.0.1:{front.Port}\r\n{rest}");

        Assert.Equal(405, answer.Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task Capability_WithoutAnyIssued_Is403()
    {
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync("/gateway/~0123456789abcdef/https/example.com/");

        Assert.Equal(403, answer.Status);
        Assert.Contains("no valid token", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/gateway/")]
    [InlineData("/gateway/file/etc/passwd")]
    [InlineData("/gateway/https")]
    [InlineData("/gateway/https/")]
    [InlineData("/gateway/httpsx/example.com/")]
    [InlineData("/gateway/https/user:pass@example.com/")]
    [InlineData("/gateway/https/0x7f.1/")]
    [InlineData("/gateway/https/2130706433/")]
    [InlineData("/gateway/https/127.0.0.1%2f@example.com/")]
    [InlineData("/gateway/https/example.com:99999/")]
    [InlineData("/gateway/https/::1/")]
    [InlineData("/gateway/https/[fe80::1%25lo]/")]
    public async Task Path_ThatNamesNoPlainTarget_Is400(string path)
    {
        await using var front = await TestFront.StartAsync();

        Assert.Equal(400, (await front.GetLocalAsync(path)).Status);
    }

    [Fact]
    public async Task Target_ForbiddenAddress_Is403WithTheFlag()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync(new TestFrontOptions { AllowTargets = [] });

        foreach (var answer in new[] { await front.GetLocalAsync($"/gateway/http/{origin.Authority}/"), await front.GetAsync($"{origin.Url}/") })
        {
            Assert.Equal(403, answer.Status);
            Assert.Contains("--allow-target 127.0.0.1", answer.Text, StringComparison.Ordinal);
            Assert.Contains("error=destination_ip_prohibited", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        }

        Assert.Equal(0, origin.Connections);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/torrents/x")]
    [InlineData("http://localhost:{0}/gateway/http/example.com/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    public async Task Proxy_ToItsOwnPort_Is403ThoughLoopbackIsAllowed(string url)
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { AllowTargets = ["127.0.0.0/8", "localhost", "0.0.0.0", "::/0"] });

        var answer = await front.ExchangeAsync($"GET {url.Replace("{0}", $"{front.Port}", StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal(403, answer.Status);
        Assert.Contains("this program itself", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Torrents_WithoutHandler_Is404WithASentence()
    {
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync("/torrents/0123456789012345678901234567890123456789/film.mp4?x");

        Assert.Equal(404, answer.Status);
        Assert.Contains("--torrent", answer.Text, StringComparison.Ordinal);
    }
}
