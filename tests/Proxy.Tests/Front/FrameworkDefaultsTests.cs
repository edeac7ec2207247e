using System.Diagnostics;
using System.Net;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Front;

/// <summary>Defaults of server and client that would break a proxy, each shown to be off; and requests that others might read differently, refused.</summary>
public sealed class FrameworkDefaultsTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData(60_000, 200)]
    [InlineData(70_000, 414)]
    public async Task RequestLine_UpTo64KiB_Passes(int pathLength, int status)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();
        var path = new string('p', pathLength);

        var answer = await front.GetAsync($"{origin.Url}/{path}");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200, origin.Heads.Any(h => h.Contains(path, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("GET http://x.example/ HTTP/1.1\nHost: x.example\n\n", 400)]
    [InlineData("GET http://x.example/ HTTP/1.1\r\nHost: x.example\nX: y\r\n\r\n", 400)]
    [InlineData("POST http://x.example/ HTTP/1.1\r\nHost: x.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST http://x.example/ HTTP/1.1\r\nHost: x.example\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("POST http://x.example/ HTTP/1.1\r\nHost: x.example\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("POST http://x.example/ HTTP/1.0\r\nHost: x.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST http://x.example/ HTTP/1.1\r\nHost: x.example\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400)]
    [InlineData("GET http://x.example/ HTTP/1.1\r\nHost: x.example\r\n folded: y\r\n\r\n", 400)]
    [InlineData("GET http://x.example/ HTTP/1.1\r\nHost: x.example\r\nX : y\r\n\r\n", 400)]
    [InlineData("GET http://user@x.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n", 400)]
    [InlineData("GET http://x.example/#part HTTP/1.1\r\nHost: x.example\r\n\r\n", 400)]
    [InlineData("GET ftp://x.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n", 400)]
    [InlineData("GET https://x.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n", 400)]
    [InlineData("TRACE http://x.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n", 405)]
    [InlineData("GET http://x.example/ HTTP/1.1\r\nHost: x.example\r\nExpect: tea\r\n\r\n", 417)]
    public async Task Request_ThatCouldBeReadTwoWays_IsRefusedBeforeAnyDial(string request, int status)
    {
        var asked = 0;
        await using var front = await TestFront.StartAsync(new TestFrontOptions
        {
            Resolve = (_, _) =>
            {
                Interlocked.Increment(ref asked);
                return Task.FromResult<IPAddress[]>([]);
            },
        });

        Assert.Equal(status, (await front.ExchangeAsync(request)).Status);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Request_ThatCameThroughHereBefore_Is508()
    {
        await using var front = await TestFront.StartAsync();

        Assert.Equal(508, (await front.GetAsync("http://x.example/", $"Via: 1.1 other, 1.1 {front.Identity.Pseudonym} (again)")).Status);
    }

    [Fact]
    public async Task RequestHead_NeverFinished_IsClosed()
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { RequestHeadTimeout = TimeSpan.FromMilliseconds(500) });
        using var client = await front.ConnectAsync();

        await client.SendAsync("GET http://x.example/ HTTP/1.1\r\nHost: x");

        Assert.Equal(408, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Tracing_OnAllSpans_AddsNoFieldToTheRequest()
    {
        using var listener = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        await front.GetAsync($"{origin.Url}/");
        await front.ExchangeAsync($"POST {origin.Url}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(2, origin.Heads.Count);
        Assert.All(origin.Heads, head => Assert.DoesNotContain("trace", head, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Cookies_SetByAnOrigin_AreNotKeptForTheNextClient()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        await front.GetAsync($"{origin.Url}/");
        await front.GetAsync($"{origin.Url}/");

        Assert.All(origin.Heads, head => Assert.DoesNotContain("Cookie", head, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task ContentCoding_PassesEncodedAndIsNotAskedFor()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\0");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal("\u001f\u008b\b\0", answer.Text);
        Assert.Equal("gzip", answer.Field("Content-Encoding"));
        Assert.DoesNotContain("Accept-Encoding", Assert.Single(origin.Heads), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task FieldValues_OfLatin1Octets_PassUnchanged()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        await front.GetAsync($"{origin.Url}/", "X-Name: caf\u00e9 \u00ff");

        Assert.Contains("\r\nX-Name: caf\u00e9 \u00ff\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithContentTypeButNoBody_KeepsTheField()
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        await front.GetAsync($"{origin.Url}/", "Content-Type: application/json");

        Assert.Contains("\r\nContent-Type: application/json\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.1")]
    public async Task Listen_BeyondLoopback_IsRefusedWithExitCode2(string address)
    {
        var refusal = await Assert.ThrowsAsync<FrontUnusableException>(() =>
            ProxyFront.StartAsync(new FrontOptions { Listen = new IPEndPoint(IPAddress.Parse(address), 0) }, TestContext.Current.CancellationToken));

        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains("--listen", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listen_OnATakenPort_SaysSo()
    {
        await using var first = await TestFront.StartAsync();

        var refusal = await Assert.ThrowsAsync<FrontUnusableException>(() =>
            ProxyFront.StartAsync(new FrontOptions { Listen = first.EndPoint }, TestContext.Current.CancellationToken));

        Assert.Equal(1, refusal.ExitCode);
        Assert.Contains("taken", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listen_OnIPv6Loopback_Answers()
    {
        await using var front = await ProxyFront.StartAsync(new FrontOptions { Listen = new IPEndPoint(IPAddress.IPv6Loopback, 0) }, TestContext.Current.CancellationToken);

        Assert.Equal(400, (await RawClient.ExchangeAsync(front.BoundAddress, $"GET / HTTP/1.1\r\nHost: [::1]:{front.BoundAddress.Port}\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Stop_WithAStuckDownload_EndsWithinFiveSecondsAndResetsIt()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart");
            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBytesAsync(4);
        var clock = Stopwatch.StartNew();

        await front.Front.StopAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True((await client.ReadToEndAsync()).WasReset);
    }
}
