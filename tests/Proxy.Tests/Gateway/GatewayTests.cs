using System.Globalization;
using System.Net;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>The gateway as tools use it.</summary>
public sealed class GatewayTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("/gateway/http/{0}/a%2Fb//../c?q=1&%41", "/a%2Fb//../c?q=1&%41")]
    [InlineData("/gateway/http://{0}/x?http://y/", "/x?http://y/")]
    [InlineData("/gateway/http:/{0}/x", "/x")]
    [InlineData("/gateway/http/{0}", "/")]
    [InlineData("/gateway/http/{0}?q", "/?q")]
    public async Task Get_EachForm_OriginSeesPathUntouched(string path, string seen)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync(string.Format(CultureInfo.InvariantCulture, path, origin.Authority), "Authorization: Bearer t", "Range: bytes=0-1");

        Assert.Equal("ok", answer.Text);
        var head = Assert.Single(origin.Heads);
        Assert.StartsWith($"GET {seen} HTTP/1.1\r\nHost: {origin.Authority}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nAuthorization: Bearer t\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRange: bytes=0-1\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Https_VerifiesNameAgainstTrustedRoot()
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, authority.Leaf("site.example"));
        await using var front = await TestFront.StartAsync(new TestFrontOptions
        {
            TrustedRoots = authority.Roots,
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        });

        Assert.Equal("ok", (await front.GetLocalAsync($"/gateway/https/site.example:{origin.Port}/x")).Text);

        var wrongName = await front.GetLocalAsync($"/gateway/https/other.example:{origin.Port}/x");
        Assert.Equal(502, wrongName.Status);
        Assert.Contains("error=tls_certificate_error", wrongName.Field("Proxy-Status"), StringComparison.Ordinal);
        Assert.DoesNotContain("ok", wrongName.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_HttpsWithUnknownRoot_Is502()
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, authority.Leaf("site.example"));
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]) });

        Assert.Equal(502, (await front.GetLocalAsync($"/gateway/https/site.example:{origin.Port}/x")).Status);
    }

    [Fact]
    public async Task Get_StateSettingFields_AreDroppedAndTheRestSandboxed()
    {
        string[] dropped =
        [
            "Set-Cookie: a=1", "Service-Worker-Allowed: /", "Clear-Site-Data: \"*\"", "Strict-Transport-Security: max-age=9", "Alt-Svc: h3=\":1\"", "Refresh: 0; url=//evil",
            "NEL: {}", "Report-To: {}", "Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true", "Content-Security-Policy: script-src *",
        ];
        await using var origin = RawOrigin.Always($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \"v\"\r\nWWW-Authenticate: Bearer realm=\"r\"\r\n{string.Concat(dropped.Select(d => d + "\r\n"))}\r\nok");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/");

        Assert.Equal("\"v\"", answer.Field("ETag"));
        Assert.Equal("Bearer realm=\"r\"", answer.Field("WWW-Authenticate"));
        Assert.All(dropped.Where(d => !d.StartsWith("Content-Security", StringComparison.Ordinal)), d => Assert.False(answer.Has(d.Split(':')[0]), d));
        Assert.Equal("sandbox; default-src 'none'", answer.Field("Content-Security-Policy"));
        Assert.Equal("nosniff", answer.Field("X-Content-Type-Options"));
        Assert.Equal("same-origin", answer.Field("Cross-Origin-Resource-Policy"));
    }

    [Fact]
    public async Task Get_Referer_NeverLeavesTheGateway()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        await front.GetLocalAsync($"/gateway/http/{origin.Authority}/", $"Referer: http://127.0.0.1:{front.Port}/gateway/http/x");

        var head = Assert.Single(origin.Heads);
        Assert.DoesNotContain("Referer", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_SameOrigin_IsFollowedInsideWithCredentials()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await s.WriteAsync(head.Contains(" /end ", StringComparison.Ordinal) ? Ok : "HTTP/1.1 302 Found\r\nLocation: ../end#part\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/a/start", "Authorization: Bearer t");

        Assert.Equal("ok", answer.Text);
        Assert.All(origin.Heads, h => Assert.Contains("Bearer t", h, StringComparison.Ordinal));
        Assert.StartsWith("GET /end HTTP/1.1", origin.Heads.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_CrossOrigin_CredentialsStayBehindEvenOnTheWayBack()
    {
        RawOrigin? second = null;
        await using var first = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await s.WriteAsync(head.Contains(" /back ", StringComparison.Ordinal) ? Ok : $"HTTP/1.1 307 T\r\nLocation: {second!.Url}/\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var other = second = RawOrigin.Always($"HTTP/1.1 307 T\r\nLocation: {first.Url}/back\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{first.Authority}/", "Authorization: Bearer t", "Cookie: session=Bearer");

        Assert.Equal("ok", answer.Text);
        Assert.DoesNotContain("Bearer", Assert.Single(other.Heads), StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer", first.Heads.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_ToForbiddenAddress_Is403AndNoConnection()
    {
        await using var forbidden = RawOrigin.Always(Ok);
        await using var origin = RawOrigin.Always($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{forbidden.Port}/\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync(new TestFrontOptions
        {
            AllowTargets = ["site.example"],
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        });

        var answer = await front.GetLocalAsync($"/gateway/http/site.example:{origin.Port}/");

        Assert.Equal(403, answer.Status);
        Assert.Contains("--allow-target 127.0.0.1", answer.Text, StringComparison.Ordinal);
        Assert.Equal(1, origin.Connections);
        Assert.Equal(0, forbidden.Connections);
    }

    [Fact]
    public async Task Redirect_ToOwnPort_Is403()
    {
        var location = "";
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        });
        await using var front = await TestFront.StartAsync();
        location = $"http://127.0.0.1:{front.Port}/gateway/http/{origin.Authority}/";

        Assert.Equal(403, (await front.GetLocalAsync($"/gateway/http/{origin.Authority}/")).Status);
    }

    [Fact]
    public async Task Redirect_Endless_StopsAfterTen()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/");

        Assert.Equal(502, answer.Status);
        Assert.Equal(1 + RedirectFollower.RedirectsMax, origin.Heads.Count);
    }

    [Theory]
    [InlineData("ftp://files.example/x")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://user@127.0.0.1/")]
    public async Task Redirect_ToWhatCannotBeFollowed_ReachesTheTool(string location)
    {
        await using var origin = RawOrigin.Always($"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/");

        Assert.Equal(302, answer.Status);
        Assert.Equal(location, answer.Field("Location"));
    }

    [Fact]
    public async Task Proxy_Redirect_IsNotFollowedButPassedOn()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        Assert.Equal("/again", (await front.GetAsync($"{origin.Url}/")).Field("Location"));
        Assert.Single(origin.Heads);
    }
}
