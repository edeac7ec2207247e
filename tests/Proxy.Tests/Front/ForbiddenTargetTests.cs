using System.Net;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Interception;

namespace Swarm.Proxy.Tests.Front;

/// <summary>A listener on loopback that nobody allowed: whatever it is called and whichever way is tried, it sees no connection.</summary>
public sealed class ForbiddenTargetTests
{
    private static readonly string[] Spellings =
    [
        "127.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "127.1", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", "0", "0.0.0.0", "%31%32%37.0.0.1",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]",
        "localhost", "localhost.", "LOCALHOST", "a.localhost", "inside.example", "inside.example.",
    ];

    private static readonly string[] Ways =
    [
        "GET http://{0}:{1}/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD http://{0}:{1}/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST http://{0}:{1}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "GET http://{0}:{1}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET http://public.example/ HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n",
        "CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n",
        "GET /gateway/http/{0}:{1}/ HTTP/1.1\r\nHost: 127.0.0.1:{2}\r\n\r\n",
        "GET /gateway/https/{0}:{1}/ HTTP/1.1\r\nHost: 127.0.0.1:{2}\r\n\r\n",
        "GET /gateway/http/{0}:{1}/ HTTP/1.1\r\nHost: 127.0.0.1:{2}\r\nAccept: application/vnd.pypi.simple.v1+json\r\n\r\n",
    ];

    public static TheoryData<string> AllWays => [.. Ways];

    private static string Filled(string way, string host, int port, TestFront front) => way.Replace("{0}", host, StringComparison.Ordinal)
        .Replace("{1}", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{2}", front.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static TestFrontOptions Closed(RawOrigin forbidden) => new()
    {
        AllowTargets = [],
        ConnectPorts = new HashSet<int> { forbidden.Port },
        // What names lead to: a stranger's name into this machine, and one to an address where nobody answers.
        Resolve = static (name, _) => Task.FromResult<IPAddress[]>([name == "public.example" ? IPAddress.Parse("0.0.0.1") : IPAddress.Loopback]),
    };

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task EverySpelling_OnEveryWay_IsRefusedWithoutAConnection(string way)
    {
        await using var forbidden = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
        await using var front = await TestFront.StartAsync(Closed(forbidden));

        foreach (var spelling in Spellings)
        {
            var answer = await front.ExchangeAsync(Filled(way, spelling, forbidden.Port, front));
            Assert.True(answer.Status is 400 or 403 or 421, $"{spelling}: {answer.Head}{answer.Text}");
        }

        Assert.Equal(0, forbidden.Connections);
    }

    [Fact]
    public async Task NegativeControl_AllowedTheListenerIsReached_OnEveryWay()
    {
        await using var reached = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var front = await TestFront.StartAsync(Closed(reached) with { AllowTargets = ["127.0.0.0/8"], ConnectTimeout = TimeSpan.FromSeconds(5) }); // the TLS of one way is never answered
        var before = 0;
        foreach (var way in Ways.Where(static w => !w.Contains("public.example", StringComparison.Ordinal)))
        {
            using var client = await front.ConnectAsync();
            await client.SendAsync(Filled(way, "127.0.0.1", reached.Port, front));
            await client.ReadHeadAsync();
            Assert.True(reached.Connections + reached.Heads.Count > before, way);
            before = reached.Connections + reached.Heads.Count;
        }
    }

    /// <summary>Rebinding: the name leads to an allowed address when asked first and to the forbidden one when asked again, and the other way round.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task FlippingName_IsResolvedOnceForACheckAndItsDial(int phase)
    {
        await using var forbidden = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
        var asked = phase;
        await using var front = await TestFront.StartAsync(Closed(forbidden) with
        {
            AllowTargets = ["127.0.0.2/32"],
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([Interlocked.Increment(ref asked) % 2 == 1 ? IPAddress.Parse("127.0.0.2") : IPAddress.Loopback]),
        });

        foreach (var way in Ways.Where(static w => !w.Contains("public.example", StringComparison.Ordinal)))
        {
            for (var i = 0; i < 4; i++)
            {
                var answer = await front.ExchangeAsync(Filled(way, "flipping.example", forbidden.Port, front));
                Assert.True(answer.Status is 403 or 502, $"{way}: {answer.Status}"); // refused, or nobody at the allowed address
            }
        }

        Assert.Equal(0, forbidden.Connections);
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("//localhost:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://inside.example:{0}/")]
    [InlineData("https://127.0.0.1:{0}/")]
    public async Task Redirect_IntoTheMachine_IsNotFollowedByTheGateway(string location)
    {
        await using var forbidden = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
        await using var origin = RawOrigin.Always($"HTTP/1.1 302 Found\r\nLocation: {location.Replace("{0}", forbidden.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)}\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync(Closed(forbidden) with { AllowTargets = ["origin.example"] });

        var answer = await front.GetLocalAsync($"/gateway/http/origin.example:{origin.Port}/");

        Assert.True(answer.Status is 302 or 403 or 502, answer.Head);
        Assert.NotEmpty(origin.Heads);
        Assert.Equal(0, forbidden.Connections);
    }

    [Fact]
    public async Task OpenedTunnel_OfANamedHostThatLeadsInside_IsRefusedWithoutAConnection()
    {
        using var authority = new TestAuthority();
        await using var forbidden = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", authority.Leaf("site.example"));
        await using var test = await TestInterception.StartAsync(forbidden, new TestFrontOptions { AllowTargets = [] }, authority);
        using var client = test.Client();

        using var answer = await client.GetAsync(new Uri($"https://site.example:{forbidden.Port}/"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(0, forbidden.Connections);
    }
}
