using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Origin;

/// <summary>The HTTP/1.1 client towards origins: framing that splits responses is refused, and connections are reused only where that is safe.</summary>
public sealed class Http1ClientTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "http_protocol_error")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok", "http_protocol_error")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "http_protocol_error")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 2\r\n\r\nok", "http_protocol_error")]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\rContent-Length: 2\r\n\r\nok", "http_protocol_error")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "http_response_transfer_coding")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "http_response_transfer_coding")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "http_protocol_error")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "http_protocol_error")]
    public async Task Response_ThatCouldBeReadTwoWays_Is502AndItsConnectionEnds(string response, string cause)
    {
        var sent = 0;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(Interlocked.Increment(ref sent) == 1 ? response + Evil : Ok);
            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.Equal(502, answer.Status);
        Assert.Equal($"{front.Identity.Pseudonym}; error={cause}", answer.Field("Proxy-Status"));
        Assert.Contains(origin.Authority, answer.Text, StringComparison.Ordinal);
        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/")).Text);
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + Evil)]
    public async Task Response_WithOldHabits_IsReadAndItsConnectionNotUsedAgain(string response)
    {
        await using var origin = RawOrigin.Always(response);
        await using var front = await TestFront.StartAsync();

        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/")).Text);
            Assert.Equal(i, origin.Connections);
        }
    }

    [Theory]
    [InlineData(3, 200)]
    [InlineData(32, 200)]
    [InlineData(33, 502)]
    public async Task Interims_BeforeTheAnswer_AreReadUpToABound(int count, int status)
    {
        var interims = string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", count));
        await using var origin = RawOrigin.Always(interims + Ok);
        await using var front = await TestFront.StartAsync();

        Assert.Equal(status, (await front.GetAsync($"{origin.Url}/")).Status);
    }

    [Fact]
    public async Task Trailers_AreReadAtTheEnd()
    {
        await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nDigest: x\r\n\r\n");
        using var transport = Transport(TimeProvider.System);

        var answer = (await SendAsync(transport, origin)).Answer!;
        using var text = new StreamReader(answer.Body);

        Assert.Null(answer.Trailers);
        Assert.Equal("ok", await text.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal("x", answer.Trailers!.First("Digest"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task IdleConnection_ThatTheOriginClosed_IsReplacedWithoutTheClientNoticing(bool reset)
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(Ok);
            if (reset)
            {
                s.Reset();
            }
        });
        await using var front = await TestFront.StartAsync();

        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/{i}")).Text);
        }

        Assert.Equal(3, origin.Heads.Count);
    }

    [Fact]
    public async Task IdleConnection_ThatSwallowsTheRequestAndDies_IsAskedAgainOnANewOne()
    {
        var first = true;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(Ok);
            if (first)
            {
                first = false;
                await s.ReadHeadAsync(); // and closes without a word
                return;
            }

            await s.DrainAsync();
        });
        await using var front = await TestFront.StartAsync();

        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/1")).Text);
        Assert.Equal("ok", (await front.GetAsync($"{origin.Url}/2")).Text);
        Assert.Equal(2, origin.Connections);
        Assert.Equal(3, origin.Heads.Count);
    }

    [Fact]
    public async Task IdleConnection_ThatBeganToAnswerAndDies_IsNotAskedAgain()
    {
        var answers = new Queue<string>([Ok, "HTTP/1.1 103 Early Hints\r\n\r\n"]);
        await using var origin = RawOrigin.Start(async s =>
        {
            while (answers.TryDequeue(out var next) && await s.ReadHeadAsync() is not null)
            {
                await s.WriteAsync(next);
            }
        });
        await using var front = await TestFront.StartAsync();

        Assert.Equal(200, (await front.GetAsync($"{origin.Url}/1")).Status);
        Assert.Equal(502, (await front.GetAsync($"{origin.Url}/2")).Status);
        Assert.Equal(2, origin.Heads.Count);
    }

    [Fact]
    public async Task IdleConnection_OverWhichTheOriginSpeaksUnasked_IsNotUsed()
    {
        var spoken = new TaskCompletionSource();
        var say = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync(Ok);
            await say.Task.WaitAsync(s.Stopped);
            await s.WriteAsync(Evil);
            spoken.TrySetResult();
            await s.DrainAsync();
        });
        using var transport = Transport(TimeProvider.System);

        await ReadAsync(transport, origin);
        say.SetResult();
        await spoken.Task.WaitAsync(TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => Labels(transport, socket => socket.Available > 0).Contains(true), "the unasked answer is here");

        Assert.Equal("ok", await ReadAsync(transport, origin));
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(31, 2)]
    public async Task IdleConnection_IsUsedForHalfAMinute(int idleSeconds, int connections)
    {
        var time = new FakeTime();
        await using var origin = RawOrigin.Always(Ok);
        using var transport = Transport(time);

        await ReadAsync(transport, origin);
        time.Advance(TimeSpan.FromSeconds(idleSeconds));
        await ReadAsync(transport, origin);

        Assert.Equal(connections, origin.Connections);
    }

    [Fact]
    public async Task Connection_OlderThanTwoMinutes_IsDialledAgainThroughThePolicy()
    {
        var time = new FakeTime();
        var asked = 0;
        await using var origin = RawOrigin.Always(Ok);
        using var transport = Transport(time, (_, _) =>
        {
            asked++;
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        });

        for (var i = 0; i < 10; i++)
        {
            await ReadAsync(transport, origin, "a.example");
            time.Advance(TimeSpan.FromSeconds(25));
        }

        Assert.Equal(2, asked);
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData("NTLM TlRMTVNTUAAB", 2)]
    [InlineData("Negotiate YII=", 2)]
    [InlineData("Basic QTpC", 1)]
    public async Task Connection_ThatCredentialsBindTo_CarriesNoOtherRequest(string authorization, int connections)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync();

        await front.GetAsync($"{origin.Url}/", $"Authorization: {authorization}");
        await front.GetAsync($"{origin.Url}/");

        Assert.Equal(connections, origin.Connections);
    }

    [Fact]
    public async Task Sockets_OfOpenConnections_CanBeAskedForTcpInfoByLabel()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
            await s.DrainAsync();
        });
        using var transport = Transport(TimeProvider.System);

        var answer = (await SendAsync(transport, origin)).Answer!;
        var seen = Labels(transport, socket =>
        {
            var info = new byte[256];
            return socket.GetRawSocketOption(6, 11, info); // IPPROTO_TCP, TCP_INFO
        });
        answer.Dispose();

        Assert.True(Assert.Single(seen) > 100);
        Assert.Empty(Labels(transport, _ => true));
    }

    // --- TLS

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tls_ContentThatEndsWithTheConnection_IsWholeOnlyWithAClosureAlert(bool announced)
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Start(
            async s =>
            {
                await s.ReadHeadAsync();
                await s.WriteAsync("HTTP/1.1 200 OK\r\n\r\nsome content");
                if (announced)
                {
                    await ((SslStream)s.Stream).ShutdownAsync();
                }

                s.Socket.Shutdown(SocketShutdown.Send);
                await s.DrainAsync();
            },
            authority.Leaf("tls.example"));
        using var transport = Transport(TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), authority);

        var read = ReadAsync(transport, origin, "tls.example", "https");

        if (announced)
        {
            Assert.Equal("some content", await read);
        }
        else
        {
            await Assert.ThrowsAsync<IOException>(() => read);
        }
    }

    [Fact]
    public async Task Tls_TwoRequests_ReuseOneConnectionOfTheOwnClient()
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, authority.Leaf("tls.example"));
        using var transport = Transport(TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), authority);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("ok", await ReadAsync(transport, origin, "tls.example", "https"));
        }

        Assert.Equal(1, origin.Connections);
        Assert.Equal("socket", Assert.Single(Labels(transport, _ => "socket")));
    }

    [Fact]
    public async Task Tls_CertificateOfAnotherName_Is502()
    {
        using var authority = new TestAuthority();
        await using var origin = RawOrigin.Always(Ok, authority.Leaf("other.example"));
        using var transport = Transport(TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), authority);

        var error = (await SendAsync(transport, origin, "tls.example", "https")).Error!;

        Assert.Equal((502, Swarm.Http.ProxyError.TlsCertificateError), (error.Status, error.Cause));
        Assert.Empty(origin.Heads);
    }

    [Fact]
    public async Task Tls_OriginThatSpeaksNoTls_Is502()
    {
        await using var origin = RawOrigin.Start(s => s.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"));
        using var transport = Transport(TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        var error = (await SendAsync(transport, origin, "tls.example", "https")).Error!;

        Assert.Equal((502, OriginStage.Tls), (error.Status, error.Stage));
    }

    [Fact]
    public async Task Abort_WithBytesUnread_CountsWhatTheOriginSentInVain()
    {
        const int head = 1_000;
        const int rest = 30_000;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + new string('x', head));
            await asked.Task;
            await s.WriteAsync(new string('y', rest));
            await s.DrainAsync();
        });
        using var transport = Transport(TimeProvider.System);
        var answer = (await SendAsync(transport, origin)).Answer!;
        await answer.Body.ReadExactlyAsync(new byte[head], TestContext.Current.CancellationToken);
        asked.SetResult();
        await Eventually.IsTrueAsync(() => Arrived(transport) == rest, "the rest arrived");

        answer.Abort();
        answer.Abort();

        Assert.Equal(rest, transport.Sockets.UnreadBytes);

        static int Arrived(OriginTransport transport)
        {
            var bytes = 0;
            transport.Sockets.Visit((_, socket) => bytes += socket.Available);
            return bytes;
        }
    }

    [Fact]
    public async Task Tls_OriginThatChoosesHttp2_GetsItOverTheConnectionDialled()
    {
        using var authority = new TestAuthority();
        await using var origin = await Http2Origin.StartAsync(authority.Leaf("two.example"));
        using var transport = Transport(TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), authority);

        for (var i = 0; i < 3; i++)
        {
            var answer = (await SendAsync(transport, origin.Port, "two.example", "https")).Answer!;
            using var text = new StreamReader(answer.Body);
            Assert.Equal("HTTP/2", await text.ReadToEndAsync(TestContext.Current.CancellationToken));
            Assert.Equal("2", answer.Protocol);
        }

        Assert.Equal(1, origin.Connections);
    }

    // --- Support

    private static OriginTransport Transport(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TestAuthority? authority = null)
    {
        Assert.True(Engine.Targets.AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out var error), error);
        return new OriginTransport(new OriginOptions
        {
            Targets = new(allowed, new(), resolve),
            Time = time,
            TrustedRoots = authority?.Roots ?? [],
            ConnectTimeout = TimeSpan.FromSeconds(40),
        });
    }

    private static ValueTask<OriginResult> SendAsync(OriginTransport transport, RawOrigin origin, string host = "127.0.0.1", string scheme = "http") =>
        SendAsync(transport, origin.Port, host, scheme);

    private static ValueTask<OriginResult> SendAsync(OriginTransport transport, int port, string host, string scheme)
    {
        Assert.True(OriginTarget.TryParse($"{scheme}://{host}:{port}/", TargetForm.AbsoluteForm, out var target));
        return transport.Connection.SendAsync(new OriginRequest("GET", target, []), TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(OriginTransport transport, RawOrigin origin, string host = "127.0.0.1", string scheme = "http")
    {
        using var answer = (await SendAsync(transport, origin, host, scheme)).Answer!;
        using var all = new MemoryStream();
        await answer.Body.CopyToAsync(all, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    private static List<T> Labels<T>(OriginTransport transport, Func<Socket, T> read)
    {
        var all = new List<T>();
        transport.Sockets.Visit((label, socket) =>
        {
            Assert.NotEmpty(label.Authority);
            all.Add(read(socket));
        });
        return all;
    }
}
