using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Origin;

/// <summary>Origins that break, lie or say nothing: the client learns the cause, and never takes a part for the whole.</summary>
public sealed class OriginFailureTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart", "", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart", "", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "", true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "zz\r\n", false)]
    [InlineData("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-999/5000\r\nContent-Length: 1000\r\n\r\npart", "", false)]
    public async Task Body_BreaksBeforeItsEnd_ClientIsResetAndNeverSeesACleanEnd(string response, string then, bool reset)
    {
        var clientHasPart = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(response);
            await clientHasPart.Task.WaitAsync(s.Stopped);
            await s.WriteAsync(then);
            if (reset)
            {
                s.Reset();
            }
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();

        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.InRange(head.Status, 200, 206);
        var chunked = head.Has("Transfer-Encoding");
        Assert.EndsWith("part", Encoding.Latin1.GetString(await client.ReadBytesAsync(chunked ? 7 : 4)), StringComparison.Ordinal);

        clientHasPart.SetResult();
        var (rest, wasReset) = await client.ReadToEndAsync();

        Assert.True(wasReset);
        Assert.DoesNotContain("0\r\n\r\n", Encoding.Latin1.GetString(rest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "connection_terminated")]
    [InlineData("HTTP/1.1 200 O", "connection_terminated")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "http_protocol_error")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n", "http_protocol_error")]
    public async Task Answer_ThatIsNone_Is502WithTheCause(string response, string cause)
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(response);
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal(502, answer.Status);
        Assert.Equal($"{front.Identity.Pseudonym}; error={cause}", answer.Field("Proxy-Status"));
        Assert.Contains(origin.Authority, answer.Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// The kernel forgets who the other side was as soon as a reset has come, and that may be before the first look at the connection.
    /// Whether it is so early is luck, so there are many.
    /// </summary>
    [Fact]
    public async Task Origin_ResetsAsSoonAsItIsConnected_IsAlways502()
    {
        await using var origin = RawOrigin.Start(static s =>
        {
            s.Reset();
            return Task.CompletedTask;
        });
        await using var front = await TestFront.StartAsync();

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(502, (await front.GetAsync($"{origin.Url}/")).Status);
        }
    }

    [Fact]
    public async Task Origin_RefusesConnection_Is502()
    {
        string url;
        await using (var gone = RawOrigin.Always(""))
        {
            url = gone.Url;
        }

        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{url}/");

        Assert.Equal(502, answer.Status);
        Assert.Contains("error=connection_refused", answer.Field("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_ThatDoesNotResolve_Is502()
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Resolve = (_, _) => throw new SocketException((int)SocketError.HostNotFound) });

        var answer = await front.GetAsync("http://nowhere.example/");

        Assert.Equal(502, answer.Status);
        Assert.Contains("error=dns_error", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        Assert.Contains("nowhere.example", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_TakesTooLong_Is504()
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(200),
            Resolve = async (_, stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
                return [];
            },
        });

        var answer = await front.GetAsync("http://slow.example/");

        Assert.Equal(504, answer.Status);
        Assert.Contains("error=connection_timeout", answer.Field("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_NeverComes_Is504AfterAMinute()
    {
        var time = new FakeTime();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Time = time });

        var get = front.GetAsync($"{origin.Url}/");
        await Eventually.IsTrueAsync(() => !origin.Heads.IsEmpty, "the request reaches the origin");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(get.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        var answer = await get;

        Assert.Equal(504, answer.Status);
        Assert.Contains("error=http_response_timeout", answer.Field("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_SlowAfterItsHeader_HasNoTimeout()
    {
        var time = new FakeTime();
        var headSeen = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
            await headSeen.Task.WaitAsync(s.Stopped);
            await s.WriteAsync("late");
        });
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Time = time });
        using var client = await front.ConnectAsync();

        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status); // and the header does not wait for the body
        time.Advance(TimeSpan.FromHours(10));
        headSeen.SetResult();

        Assert.Equal("late", Encoding.Latin1.GetString(await client.ReadBytesAsync(4)));
    }

    [Fact]
    public async Task Answer_WithBytesBehindItsLength_DoesNotLeakIntoTheNext()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync();

        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/1")).Text);
        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/2")).Text);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task Answer_WithLengthAndChunks_IsReadAsChunksWithoutTheLength()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal("hello", answer.Text);
        Assert.Null(answer.Field("Content-Length"));
    }

    [Fact]
    public async Task Dns_FlipsAfterTheFirstConnection_ForbiddenListenerSeesNobody()
    {
        await using var forbidden = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
        var answers = new Queue<IPAddress>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]);
        // 127.0.0.2 stands for the public address: allowed, and nothing listens there.
        await using var front = await TestFront.StartAsync(new TestFrontOptions
        {
            AllowTargets = ["127.0.0.2"],
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([answers.Count > 1 ? answers.Dequeue() : answers.Peek()]),
        });

        var first = await front.GetAsync($"http://rebind.example:{forbidden.Port}/");
        var second = await front.GetAsync($"http://rebind.example:{forbidden.Port}/");

        Assert.Equal(502, first.Status);
        Assert.Equal(403, second.Status);
        Assert.Equal(0, forbidden.Connections);
    }
}
