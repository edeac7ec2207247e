using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Engine.Targets;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Interception;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Tests.Upstream;

/// <summary>Origins behind another proxy: plain http in absolute-form, the rest in tunnels, and nothing forbidden is asked of it.</summary>
public sealed class UpstreamTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static UpstreamChoice Through(RawOrigin upstream, string user = "", bool tls = false, string? bypass = null)
    {
        Assert.True(UpstreamProxy.TryParse($"{(tls ? "https" : "http")}://{user}{(tls ? "proxy.example" : "127.0.0.1")}:{upstream.Port}", out var proxy));
        return new(proxy, proxy, new UpstreamBypass(bypass));
    }

    private static TestFrontOptions Options(UpstreamChoice choice) => new()
    {
        Upstream = choice,
        AllowTargets = [],
        ConnectPorts = new HashSet<int> { 443 },
        // The upstream's own name is found like any other; what it fronts is public.
        Resolve = (name, _) => Task.FromResult<IPAddress[]>([name == "proxy.example" ? IPAddress.Loopback : IPAddress.Parse("93.184.215.14")]),
    };

    /// <summary>An upstream proxy that answers plain requests itself and leads every tunnel to <paramref name="origin"/>.</summary>
    private static RawOrigin Upstream(RawOrigin? origin = null, X509Certificate2? certificate = null) => RawOrigin.Start(
        async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                if (!head.StartsWith("CONNECT ", StringComparison.Ordinal))
                {
                    var length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } line ? int.Parse(line.Split(' ')[1]) : 0;
                    await s.ReadTextAsync(length);
                    await s.WriteAsync(Ok);
                    continue;
                }

                if (origin is null)
                {
                    await s.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                    continue;
                }

                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, origin.Port, s.Stopped);
                await s.WriteAsync("HTTP/1.1 200 OK\r\nX-Mine: 1\r\n\r\n");
                await using var there = new NetworkStream(socket);
                await Task.WhenAny(s.Stream.CopyToAsync(there, s.Stopped), there.CopyToAsync(s.Stream, s.Stopped));
                return;
            }
        },
        certificate);

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "hello")]
    public async Task PlainHttp_GoesInAbsoluteForm_WithTheProxysCredentialsAndNotTheClients(string method, string body)
    {
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream, "me:pw@")));

        var answer = await front.ExchangeAsync(
            $"{method} http://site.example/a%2Fb//c?q HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic Y2xpZW50\r\n{(body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "")}\r\n{body}");

        Assert.Equal("ok", answer.Text);
        var head = Assert.Single(upstream.Heads);
        Assert.StartsWith($"{method} http://site.example/a%2Fb//c?q HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nHost: site.example\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nProxy-Authorization: Basic {Convert.ToBase64String("me:pw"u8)}\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Y2xpZW50", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tunnel_GoesThroughTheUpstream_WhetherItSpeaksTlsOrNot(bool tls)
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Start(async s => await s.WriteAsync("got " + await s.ReadTextAsync(5)));
        await using var upstream = Upstream(origin, tls ? authority.Leaf("proxy.example") : null);
        await using var front = await TestFront.StartAsync(Options(Through(upstream, "me:pw@", tls)) with { TrustedRoots = authority.Roots });
        using var client = await front.ConnectAsync();

        await client.SendAsync("CONNECT site.example:443 HTTP/1.1\r\n\r\nearly");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);

        Assert.Equal("got early", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
        var head = Assert.Single(upstream.Heads);
        Assert.StartsWith($"CONNECT site.example:443 HTTP/1.1\r\nHost: site.example:443\r\nVia: 1.1 {front.Identity.Pseudonym}\r\nProxy-Authorization: Basic ", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Https_ThroughTheGatewayOrInterception_IsATunnelWithTheOriginsTlsInside(string method)
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, authority.Leaf("site.example"));
        await using var upstream = Upstream(origin);
        await using var test = await TestInterception.StartAsync(origin, authority, Through(upstream));
        using var client = test.Client();

        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"https://site.example:{origin.Port}/a"));
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("ok", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith($"CONNECT site.example:{origin.Port} ", Assert.Single(upstream.Heads), StringComparison.Ordinal);
        Assert.StartsWith($"{method} /a HTTP/1.1\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://site.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST http://site.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("CONNECT site.example:443 HTTP/1.1\r\n\r\n")]
    public async Task Upstream_WantsAnotherPassword_Is502AndNever407(string request)
    {
        await using var upstream = RawOrigin.Always("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync(Options(Through(upstream, "me:wrong@")));

        var answer = await front.ExchangeAsync(request);

        Assert.Equal(502, answer.Status);
        Assert.Contains("wants another user name and password", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", answer.Text, StringComparison.Ordinal);
        Assert.Contains("proxy_configuration_error", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        Assert.False(answer.Has("Proxy-Authenticate"));
    }

    [Theory]
    [InlineData("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "with 403")]
    [InlineData("HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n", "with 504")]
    [InlineData("SSH-2.0-rubbish\r\n\r\n", "gave no answer")]
    [InlineData("", "gave no answer")]
    public async Task Upstream_ThatGivesNoTunnel_IsNamedAsTheCause(string said, string sentence)
    {
        await using var upstream = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(said);
        });
        await using var front = await TestFront.StartAsync(Options(Through(upstream)));

        var answer = await front.ExchangeAsync("CONNECT site.example:443 HTTP/1.1\r\n\r\n");

        Assert.Equal(said.Contains("504", StringComparison.Ordinal) ? 504 : 502, answer.Status);
        Assert.Contains(sentence, answer.Text, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{upstream.Port}", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST http://{0}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("CONNECT {0}:443 HTTP/1.1\r\n\r\n")]
    [InlineData("GET /gateway/http/{0}/ HTTP/1.1\r\nHost: 127.0.0.1:{1}\r\n\r\n")]
    [InlineData("GET /gateway/https/{0}/ HTTP/1.1\r\nHost: 127.0.0.1:{1}\r\n\r\n")]
    public async Task ForbiddenTargets_AreNotAskedOfTheUpstreamEither(string request)
    {
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream)) with
        {
            Resolve = (name, _) => Task.FromResult<IPAddress[]>([name == "inside.example" ? IPAddress.Parse("10.1.2.3") : IPAddress.Parse("169.254.169.254")]),
        });

        foreach (var host in new[] { "inside.example", "metadata.example", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[::ffff:10.0.0.1]" })
        {
            var answer = await front.ExchangeAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, host, front.Port));
            Assert.True(answer.Status == 403, $"{host}: {answer.Status} {answer.Text}");
        }

        Assert.Equal(0, upstream.Connections);

        // The negative control: the same request for what is public arrives.
        await using var open = await TestFront.StartAsync(Options(Through(upstream)));
        await open.ExchangeAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, "site.example", open.Port));
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task PlainHttp_OnOneUpstreamConnection_EveryTargetIsChecked()
    {
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream)));
        const string Post = "POST http://{0}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

        Assert.Equal(200, (await front.ExchangeAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Post, "site.example"))).Status);
        Assert.Equal(403, (await front.ExchangeAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, Post, "10.0.0.1"))).Status);

        Assert.Single(upstream.Heads);
    }

    [Theory]
    [InlineData("CONNECT site.example:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT site.example:443 HTTP/1.0\r\nVia: 1.1 someone\r\n\r\n")]
    [InlineData("GET http://site.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST http://site.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /gateway/https/site.example/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\n\r\n")]
    public async Task TwoNodes_EachTheOthersUpstream_AreALoop_AskedOnceRound(string request)
    {
        TestFront? second = null;
        var asked = 0;

        // Stands where the second node does, since each must know the other's port before it starts.
        await using var towardsSecond = RawOrigin.Start(async s =>
        {
            Interlocked.Increment(ref asked);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(second!.EndPoint, s.Stopped);
            await using var there = new NetworkStream(socket);
            await Task.WhenAny(s.Stream.CopyToAsync(there, s.Stopped), there.CopyToAsync(s.Stream, s.Stopped));
        });
        await using var first = await TestFront.StartAsync(Options(Through(towardsSecond)));
        Assert.True(UpstreamProxy.TryParse($"127.0.0.1:{first.Port}", out var back));
        second = await TestFront.StartAsync(Options(new(back, back, new UpstreamBypass(null))));
        await using var _ = second;

        var answer = await first.ExchangeAsync(request.Replace("{0}", first.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

        Assert.Equal(508, answer.Status);
        Assert.Contains("proxy_loop_detected", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        Assert.Contains("each", answer.Text, StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Tunnel_ThatOthersPassedOn_SaysSoToTheUpstream()
    {
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream)));

        await front.ExchangeAsync("CONNECT site.example:443 HTTP/1.0\r\nVia: 1.1 a (x, y)\r\nVia: 1.1 b\r\n\r\n");

        Assert.Contains($"\r\nVia: 1.1 a (x, y), 1.1 b, 1.0 {front.Identity.Pseudonym}\r\n", Assert.Single(upstream.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NameThatDoesNotResolveHere_IsTheUpstreamsToResolve()
    {
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream)) with { Resolve = (_, _) => throw new SocketException((int)SocketError.HostNotFound) });

        Assert.Equal("ok", (await front.GetAsync("http://only-known-there.example/")).Text);
    }

    [Fact]
    public async Task Bypass_GoesPastTheUpstream()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var upstream = Upstream();
        await using var front = await TestFront.StartAsync(Options(Through(upstream, bypass: ".inside.example")) with
        {
            AllowTargets = ["127.0.0.0/8"],
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        });

        Assert.Equal("ok", (await front.GetAsync($"http://a.inside.example:{origin.Port}/")).Text);
        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/")).Text);
        Assert.Equal((2, 0), (origin.Heads.Count, upstream.Connections));
    }

    [Fact]
    public async Task Upstream_ThatIsThisProxyItself_IsRefused()
    {
        await using var first = await TestFront.StartAsync();
        Assert.True(UpstreamProxy.TryParse($"127.0.0.1:{first.Port}", out var proxy));
        var own = new OwnListeners();
        own.Add(first.EndPoint);
        var outbound = new OutboundDialer(new TargetPolicy(AllowedTargets.None, own), new(proxy, proxy, new UpstreamBypass(null)), ProxyIdentity.Random(), () => null, TimeProvider.System);

        var dial = await outbound.DialAsync("93.184.215.14", 443, isPlainHttp: false, via: null, DialPurpose.Origin, TestContext.Current.CancellationToken);

        Assert.False(dial.IsConnected);
        Assert.Contains("is this program itself", dial.Error.Sentence, StringComparison.Ordinal);
    }
}
