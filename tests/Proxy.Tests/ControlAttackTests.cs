using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tests;

/// <summary>What a web page, a rebound name or another user of the machine may try against the control listener.</summary>
public sealed class ControlAttackTests
{
    private static readonly string[] SecretPaths =
        ["/api/v1/status", "/api/v1/resources", "/api/v1/resources/x/flow", "/api/v1/peers", "/api/v1/torrents", "/api/v1/receipts", "/api/v1/receipts/x", "/api/v1/events", "/api/v1/openapi.json", "/api/v1/none", "/API/v1/status", "/none"];

    public static TheoryData<string> Secrets => [.. SecretPaths];

    [Theory]
    [MemberData(nameof(Secrets))]
    public async Task NoToken_Yields401WithAProblem(string path)
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        using var response = await control.GetAsync(path);
        await AssertProblemAsync(response, HttpStatusCode.Unauthorized, "token");
        Assert.StartsWith("Bearer", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer {0}x")]
    [InlineData("Basic {0}")]
    [InlineData("{0}")]
    public async Task WrongToken_Yields401(string authorization)
    {
        await using var control = await ControlHarness.StartAsync();
        var value = authorization.Replace("{0}", control.Token, StringComparison.Ordinal);
        var answer = await control.RawAsync($"GET /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: {value}\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenTwice_Yields401()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"GET /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\nAuthorization: Bearer x\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/status?token={0}")]
    [InlineData("/api/v1/status?access_token={0}")]
    [InlineData("/api/v1/status?Authorization=Bearer%20{0}")]
    public async Task TokenInQuery_IsNotRead(string path)
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        using var response = await control.GetAsync(path.Replace("{0}", control.Token, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task TokenInCookie_IsNotRead()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"GET /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nCookie: token={control.Token}; Authorization=Bearer {control.Token}\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{port}")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("localhost.evil.example:{port}")]
    [InlineData("127.0.0.1.nip.example:{port}")]
    [InlineData("user@127.0.0.1:{port}")]
    [InlineData("0.0.0.0:{port}")]
    [InlineData("127.0.0.2:{port}")]
    [InlineData("")]
    public async Task ForeignHost_IsRefusedOnEveryPath(string host)
    {
        await using var control = await ControlHarness.StartAsync();
        var named = host.Replace("{port}", $"{control.EndPoint.Port}", StringComparison.Ordinal);
        foreach (var path in new[] { "/", "/healthz", "/metrics", "/api/v1/status" })
        {
            var answer = await control.RawAsync($"GET {path} HTTP/1.1\nHost: {named}\nAuthorization: Bearer {control.Token}\nConnection: close\n\n");
            Assert.Matches("^HTTP/1.1 4(21|00) ", answer);
            Assert.DoesNotContain("swarmstream.status", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AbsoluteFormWithForeignAuthority_IsRefused()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"GET http://evil.example/api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\nConnection: close\n\n");
        Assert.Matches("^HTTP/1.1 4(21|00) ", answer);
    }

    [Theory]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("localhost:{port}")]
    [InlineData("LOCALHOST:{port}")]
    [InlineData("[::1]:{port}")]
    public async Task OwnHost_IsTaken(string host)
    {
        await using var control = await ControlHarness.StartAsync();
        var named = host.Replace("{port}", $"{control.EndPoint.Port}", StringComparison.Ordinal);
        var answer = await control.RawAsync($"GET /api/v1/status HTTP/1.1\nHost: {named}\nAuthorization: Bearer {control.Token}\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin: https://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Origin: http://127.0.0.1")]
    [InlineData("Origin: http://127.0.0.1:1")]
    [InlineData("Origin: https://127.0.0.1:{port}")]
    [InlineData("Origin: http://127.0.0.1:{port}.evil.example")]
    [InlineData("Origin: http://127.0.0.1:{port}\nOrigin: https://evil.example")]
    [InlineData("Origin: chrome-extension://gdhceaanabmfiojbjablohigaepopnib.evil.example")]
    [InlineData("Origin: chrome-extension://gdhceaanabmfiojbjablohigaepopnib\nOrigin: https://evil.example")]
    [InlineData("Origin: moz-extension://evil.example")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-site")]
    public async Task ForeignOrigin_Yields403EvenWithTheToken(string header)
    {
        await using var control = await ControlHarness.StartAsync();
        var lines = header.Replace("{port}", $"{control.EndPoint.Port}", StringComparison.Ordinal);
        foreach (var path in new[] { "/api/v1/status", "/metrics", "/healthz" })
        {
            var answer = await control.RawAsync($"GET {path} HTTP/1.1\nHost: {control.EndPoint}\n{lines}\nAuthorization: Bearer {control.Token}\nConnection: close\n\n");
            Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("access-control", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task OwnOrigin_IsTaken()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"GET /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nOrigin: {control.Url}\nSec-Fetch-Site: same-origin\nAuthorization: Bearer {control.Token}\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin: chrome-extension://gdhceaanabmfiojbjablohigaepopnib\nSec-Fetch-Site: none")]
    [InlineData("Origin: moz-extension://5d6c1f5e-6d8a-4a36-9a3f-1f0c7d1d2b3a\nSec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: none")]
    public async Task ExtensionsOrigin_IsTakenWithTheTokenAlone(string header)
    {
        await using var control = await ControlHarness.StartAsync();
        var asked = $"GET /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\n{header}\nConnection: close\n";
        Assert.StartsWith("HTTP/1.1 200 ", await control.RawAsync($"{asked}Authorization: Bearer {control.Token}\n\n"), StringComparison.Ordinal);
        var without = await control.RawAsync(asked + "\n");
        Assert.StartsWith("HTTP/1.1 401 ", without, StringComparison.Ordinal);
        Assert.DoesNotContain("access-control", without, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task LinkToThePage_IsFollowed_AFrameIsNot()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"GET / HTTP/1.1\nHost: {control.EndPoint}\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preflight_IsRefusedWithoutAnyCorsHeader()
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync(
            $"OPTIONS /api/v1/torrents HTTP/1.1\nHost: {control.EndPoint}\nOrigin: https://evil.example\nAccess-Control-Request-Method: POST\nAccess-Control-Request-Headers: x-swarm,authorization\nAccess-Control-Request-Private-Network: true\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("access-control", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json")]
    [InlineData("application/x-bittorrent; x=y")]
    [InlineData("")]
    public async Task SimpleFormPost_AddsNothing(string mediaType)
    {
        await using var control = await ControlHarness.StartAsync();
        foreach (var header in new[] { "", $"{RequestGuard.MutationHeader}: 1\n" })
        {
            var type = mediaType.Length > 0 ? $"Content-Type: {mediaType}\n" : "";
            var answer = await control.RawAsync(
                $"POST /api/v1/torrents HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\n{type}{header}Content-Length: 4\nConnection: close\n\nd2:x");
            Assert.StartsWith(header.Length == 0 ? "HTTP/1.1 403 " : "HTTP/1.1 415 ", answer, StringComparison.Ordinal);
        }

        Assert.Empty(control.Node.Added);
    }

    [Fact]
    public async Task PostWithoutToken_AddsNothing_AndIsNotReadFirst()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        using var request = Torrent(control, [1, 2, 3]);
        using var response = await control.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(control.Node.Added);
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: POST")]
    [InlineData("X-HTTP-Method: POST")]
    [InlineData("X-Method-Override: POST")]
    public async Task MethodOverride_IsNotRead(string header)
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync(
            $"GET /api/v1/torrents?_method=POST HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\n{header}\nX-Swarm: 1\nContent-Type: application/x-bittorrent\nContent-Length: 4\nConnection: close\n\nd2:x");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Empty(control.Node.Added);
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    public async Task OtherMethods_Yield405(string method)
    {
        await using var control = await ControlHarness.StartAsync();
        var answer = await control.RawAsync($"{method} /api/v1/status HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\nX-Swarm: 1\nConnection: close\n\n");
        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OversizeBody_Yields413_AnnouncedOrNot()
    {
        await using var control = await ControlHarness.StartAsync();
        var announced = await control.RawAsync(
            $"POST /api/v1/torrents HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\nX-Swarm: 1\nContent-Type: application/x-bittorrent\nContent-Length: 99999999999\nConnection: close\n\nd");
        Assert.StartsWith("HTTP/1.1 413 ", announced, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Post, control.Url + "/api/v1/torrents") { Content = new Endless() };
        request.Headers.Add(RequestGuard.MutationHeader, "1");
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-bittorrent");
        request.Headers.ExpectContinue = false;
        HttpStatusCode? status = null;
        try
        {
            using var response = await control.SendAsync(request);
            status = response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // The listener closed on the flood before the client had read the answer: refused as well.
        }

        Assert.True(status is null or HttpStatusCode.RequestEntityTooLarge);
        Assert.Empty(control.Node.Added);
    }

    [Fact]
    public async Task BodyCutShort_AddsNothing()
    {
        await using var control = await ControlHarness.StartAsync();
        await control.RawAsync(
            $"POST /api/v1/torrents HTTP/1.1\nHost: {control.EndPoint}\nAuthorization: Bearer {control.Token}\nX-Swarm: 1\nContent-Type: application/x-bittorrent\nContent-Length: 100\nConnection: close\n\nd2:x", cut: true);
        Assert.Empty(control.Node.Added);
    }

    [Fact]
    public async Task EveryAnswer_ForbidsSniffingCachingAndEmbedding_AndSetsNoCookie()
    {
        await using var control = await ControlHarness.StartAsync();
        foreach (var path in new[] { "/", "/healthz", "/metrics", "/api/v1/status", "/api/v1/none" })
        {
            using var response = await control.GetAsync(path);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
            Assert.True(response.Headers.CacheControl!.NoStore);
            Assert.DoesNotContain(response.Headers, header => header.Key is "Set-Cookie" or "Server" || header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task HostileNames_LeaveTheApiEscaped()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Node.ResourceList.Add(ControlSamples.Resource("<script>alert(1)</script>\u2028</html>"));
        control.Node.PeerList.Add(ControlSamples.Peer("<img src=x onerror=alert(1)>"));
        foreach (var path in new[] { "/api/v1/resources", "/api/v1/peers" })
        {
            var text = await (await control.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain('<', text);
            Assert.DoesNotContain('\u2028', text);
        }
    }

    internal static HttpRequestMessage Torrent(ControlHarness control, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, control.Url + "/api/v1/torrents") { Content = new ByteArrayContent(body) };
        request.Headers.Add(RequestGuard.MutationHeader, "1");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-bittorrent");
        return request;
    }

    internal static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string kind)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("urn:swarmstream:problem:" + kind, problem.RootElement.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.RootElement.GetProperty("detail").GetString()!);
    }

    private sealed class Endless : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var block = Encoding.ASCII.GetBytes(new string('x', 1 << 16));
            for (var sent = 0L; sent < 2 * ControlOptions.BodyLimitBytes; sent += block.Length)
            {
                await stream.WriteAsync(block);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
