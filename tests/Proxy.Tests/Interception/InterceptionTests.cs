using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Interception;

/// <summary>https in CONNECT: opened for named hosts and answered like http, a blind tunnel for everyone else.</summary>
public sealed class InterceptionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static Uri Url(RawOrigin origin, string host = "site.example", string path = "/a%2Fb//c?q=%7C") => new UriBuilder($"https://{host}:{origin.Port}{path}").Uri;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Get_NamedHost_IsAnsweredByTheFrontAndAskedOfTheOrigin(string version)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = test.Client(Version.Parse(version));

        using var answer = await client.GetAsync(Url(origin), TestContext.Current.CancellationToken);

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Version.Parse(version), answer.Version);
        Assert.Contains(test.Front.Identity.Pseudonym, answer.Headers.Via.ToString(), StringComparison.Ordinal);
        var head = Assert.Single(origin.Heads);
        Assert.StartsWith($"GET /a%2Fb//c?q=%7C HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nHost: site.example:{origin.Port}\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"{(version == "2.0" ? "2" : version)} {test.Front.Identity.Pseudonym}", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_HostThatNobodyNamed_IsABlindTunnelToTheOriginsOwnCertificate()
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("other.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);

        using var trusting = test.Client(origins.Roots[0]);
        using var answer = await trusting.GetAsync(Url(origin, "other.example"), TestContext.Current.CancellationToken);
        Assert.Empty(answer.Headers.Via);

        // The negative control: with our certificate in the way the local authority would have to be trusted, and it does not help here.
        using var ours = test.Client();
        await Assert.ThrowsAsync<HttpRequestException>(() => ours.GetAsync(Url(origin, "other.example"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Get_ClientThatDoesNotTrustTheLocalAuthority_Fails()
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = test.Client(origins.Roots[0]);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Url(origin), TestContext.Current.CancellationToken));

        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        Assert.Empty(origin.Heads);
    }

    [Theory]
    [InlineData("unknown root")]
    [InlineData("wrong name")]
    public async Task Get_InvalidCertificateOfTheOrigin_Is502AndNeverHidden(string what)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf(what == "wrong name" ? "elsewhere.example" : "site.example"));
        await using var test = await TestInterception.StartAsync(origin, what == "wrong name" ? origins : null);
        using var client = test.Client();

        using var answer = await client.GetAsync(Url(origin), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("error=tls_certificate_error", Assert.Single(answer.Headers.GetValues("Proxy-Status")), StringComparison.Ordinal);
        Assert.Empty(origin.Heads);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Get_HostFieldOfAnother_Is421AndTheOtherIsNotAsked(string version)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var handler = test.Handler(test.Local.Certificate);
        handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, leaf, _, _) => leaf?.Issuer == test.Local.Certificate.Subject }; // this client takes the Host field for the name to check
        using var client = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(origin)) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = $"inside.example:{origin.Port}";

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        Assert.Empty(origin.Heads);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Post_ThreeMegabytes_ReachTheOriginUnchanged(string version)
    {
        var sent = RandomNumberGenerator.GetBytes(3 << 20);
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            var body = new byte[sent.Length];
            await s.Stream.ReadExactlyAsync(body, s.Stopped);
            var text = Convert.ToHexString(SHA256.HashData(body));
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}");
        }, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = test.Client(Version.Parse(version));

        using var answer = await client.PostAsync(Url(origin), new ByteArrayContent(sent), TestContext.Current.CancellationToken);

        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("1.1", "Content-Length: 100")]
    [InlineData("2.0", "Content-Length: 100")]
    [InlineData("1.1", "Transfer-Encoding: chunked")]
    [InlineData("2.0", "Transfer-Encoding: chunked")]
    public async Task Get_BodyThatBreaksOff_NeverEndsCleanly(string version, string framing)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n5\r\nhello\r\n");
            s.Reset();
        }, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = test.Client(Version.Parse(version));

        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            using var answer = await client.GetAsync(Url(origin), TestContext.Current.CancellationToken);
            Assert.Fail($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        });
    }

    [Fact]
    public async Task Http10_AnswerWithoutLength_EndsWithTheNoticeOfTls()
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nall of it\r\n0\r\n\r\n"); // a 1.0 client gets it without length
        }, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = await test.Front.ConnectAsync();
        await using var tls = await HandshakeAsync(client, test, origin);

        await tls.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.0\r\nHost: site.example:{origin.Port}\r\n\r\n"), TestContext.Current.CancellationToken);
        using var all = new MemoryStream();
        await tls.CopyToAsync(all, TestContext.Current.CancellationToken); // throws where the notice is missing

        Assert.EndsWith("\r\n\r\nall of it", Encoding.ASCII.GetString(all.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CONNECT site.example:443 HTTP/1.1", 400)]
    [InlineData("GET /gateway/http/127.0.0.1/ HTTP/1.1", 200)]
    [InlineData("GET /torrents/x HTTP/1.1", 200)]
    [InlineData("GET http://site.example/ HTTP/1.1", 400)]
    [InlineData("OPTIONS * HTTP/1.1", 400)]
    public async Task Request_InsideATunnel_IsForTheOriginAlone(string line, int status)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var client = await test.Front.ConnectAsync();
        await using var tls = await HandshakeAsync(client, test, origin);

        var host = line.Contains("site.example", StringComparison.Ordinal) ? line.Split(' ')[1].Replace("http://", "", StringComparison.Ordinal).TrimEnd('/') : $"site.example:{origin.Port}";
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\nHost: {host}\r\n\r\n"), TestContext.Current.CancellationToken);
        var head = await RawText.ReadHeadAsync(tls, TestContext.Current.CancellationToken);

        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.Equal(status == 200 ? 1 : 0, origin.Heads.Count);
    }

    [Fact]
    public async Task ProxyAuth_IsAskedAtConnectAndNotAgainInside()
    {
        Assert.True(ProxyUsers.TryParse("alice:s3cret\n", out var users, out var problem), problem);
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, new ClientAccess([], users), origins);
        using var handler = test.Handler(test.Local.Certificate);
        using var client = new HttpClient(handler);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Url(origin), TestContext.Current.CancellationToken));
        Assert.Contains("407", refused.Message, StringComparison.Ordinal);
        Assert.Empty(origin.Heads);

        using var known = test.Handler(test.Local.Certificate);
        ((WebProxy)known.Proxy!).Credentials = new NetworkCredential("alice", "s3cret");
        using var admitted = new HttpClient(known);
        using var answer = await admitted.GetAsync(Url(origin), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("Proxy-Authorization", Assert.Single(origin.Heads), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Connect_SomethingThatIsNoTls_IsTunnelledUntouched()
    {
        await using var origin = RawOrigin.Start(async s => await s.WriteAsync("you said " + await s.ReadTextAsync(5)));
        await using var test = await TestInterception.StartAsync(origin);
        using var client = await test.Front.ConnectAsync();

        await client.SendAsync($"CONNECT site.example:{origin.Port} HTTP/1.1\r\nHost: site.example:{origin.Port}\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await client.SendAsync("hello");

        Assert.Equal("you said hello", Encoding.ASCII.GetString((await client.ReadToEndAsync()).Bytes));
    }

    [Fact]
    public async Task Connect_PortThatIsNotAllowed_Is403AlsoForANamedHost()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var test = await TestInterception.StartAsync(origin);

        Assert.Equal(403, (await test.Front.ExchangeAsync("CONNECT site.example:22 HTTP/1.1\r\nHost: site.example:22\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Authority_MadeAgainForOtherHosts_TakesEffectWithTheNextConnection()
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, origins.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(origin, origins, "elsewhere.example");
        using var direct = test.Client(origins.Roots[0]);
        using var before = await direct.GetAsync(Url(origin), TestContext.Current.CancellationToken);
        Assert.Empty(before.Headers.Via);

        File.SetLastWriteTimeUtc(test.Folder.SecretFile, DateTime.UtcNow.AddMinutes(-1)); // two files may be written within one tick of the disk's clock
        test.Make("site.example");
        using var opened = test.Client();
        using var after = await opened.GetAsync(Url(origin), TestContext.Current.CancellationToken);
        Assert.NotEmpty(after.Headers.Via);

        test.Folder.Remove();
        using var again = test.Client(origins.Roots[0]);
        using var closed = await again.GetAsync(Url(origin), TestContext.Current.CancellationToken);
        Assert.Empty(closed.Headers.Via);
    }

    [Theory]
    [InlineData("1.1", "site.example")]
    [InlineData("2.0", "site.example")]
    [InlineData("1.1", "other.example")]
    public async Task WebSocket_ThroughOpenedAndBlindTunnels_CarriesMessagesBothWays(string version, string host)
    {
        using var origins = new TestAuthority();
        await using var origin = RawOrigin.Start(EchoWebSocketAsync, origins.Leaf(host));
        await using var test = await TestInterception.StartAsync(origin, origins);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        using var invoker = new HttpMessageInvoker(test.Handler(host == "site.example" ? test.Local.Certificate : origins.Roots[0]));

        await socket.ConnectAsync(new Uri($"wss://{host}:{origin.Port}/chat"), invoker, TestContext.Current.CancellationToken);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        var got = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);

        Assert.Equal("hello", Encoding.ASCII.GetString(buffer, 0, got.Count));
        Assert.Equal(host == "site.example", origin.Heads.Single().Contains(test.Front.Identity.Pseudonym, StringComparison.Ordinal));
    }

    /// <summary>A handshake by hand: the origin of these tests is no framework that might forgive.</summary>
    private static async Task EchoWebSocketAsync(RawSession session)
    {
        if (await session.ReadHeadAsync() is not { } head)
        {
            return;
        }

        var key = head.Split("\r\n").Single(l => l.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
#pragma warning disable CA5350 // SHA-1 is what RFC 6455 §1.3 asks for
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await session.WriteAsync($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        using var socket = WebSocket.CreateFromStream(session.Stream, isServer: true, subProtocol: null, TimeSpan.FromMinutes(1));
        var buffer = new byte[64];
        var got = await socket.ReceiveAsync(buffer, session.Stopped);
        await socket.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Text, true, session.Stopped);
        await session.DrainAsync();
    }

    private static async Task<SslStream> HandshakeAsync(RawClient client, TestInterception test, RawOrigin origin)
    {
        await client.SendAsync($"CONNECT site.example:{origin.Port} HTTP/1.1\r\nHost: site.example:{origin.Port}\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        var tls = new SslStream(client.Stream, leaveInnerStreamOpen: true);
        var options = TestInterception.Trusting(test.Local.Certificate);
        options.TargetHost = "site.example";
        await tls.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return tls;
    }
}
