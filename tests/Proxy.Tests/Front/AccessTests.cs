using System.Net;
using System.Text;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Front;

/// <summary>Who may use the proxy: <c>--proxy-auth</c>, <c>--trust-clients</c>, and the cap on connections of one client.</summary>
public sealed class AccessTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static string Basic(string credentials) => "Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));

    private static ClientAccess Users(string text = "alice:s3cret\nbob:p:w\u00e4\n")
    {
        Assert.True(ProxyUsers.TryParse(text, out var users, out var problem), problem);
        return new([], users);
    }

    [Theory]
    [InlineData("alice:s3cret", 200)]
    [InlineData("bob:p:w\u00e4", 200)]
    [InlineData("alice:S3cret", 407)]
    [InlineData("alice:", 407)]
    [InlineData("bob:s3cret", 407)]
    [InlineData("", 407)]
    [InlineData(null, 407)]
    public async Task ProxyAuth_Get_OnlyUsersPass_AndTheOriginNeverSeesTheCredentials(string? credentials, int status)
    {
        await using var origin = RawOrigin.Always(Ok);
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Access = Users() });

        var answer = await front.GetAsync($"{origin.Url}/", credentials is null ? ["Authorization: Basic eDp5"] : [Basic(credentials), "Authorization: Basic eDp5"]);

        Assert.Equal(status, answer.Status);
        if (status == 200)
        {
            var head = Assert.Single(origin.Heads);
            Assert.DoesNotContain("Proxy-Authorization", head, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("Authorization: Basic eDp5", head, StringComparison.Ordinal); // the origin's own stays
        }
        else
        {
            Assert.Equal("Basic realm=\"swarmstream\", charset=\"UTF-8\"", answer.Field("Proxy-Authenticate"));
            Assert.Equal(0, origin.Connections);
        }
    }

    [Theory]
    [InlineData("Proxy-Authorization: Basic ***")]
    [InlineData("Proxy-Authorization: Bearer YWxpY2U6czNjcmV0")]
    [InlineData("Proxy-Authorization: Basic")]
    [InlineData("Proxy-Authorization: YWxpY2U6czNjcmV0")]
    public async Task ProxyAuth_OtherSchemesAndGarbage_Are407(string line)
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Access = Users() });

        Assert.Equal(407, (await front.GetAsync("http://x.example/", line)).Status);
    }

    [Theory]
    [InlineData("POST http://x.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET /gateway/https/x.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")]
    [InlineData("GET /torrents/00 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("CONNECT x.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("CONNECT nonsense HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task ProxyAuth_EveryForm_Is407WithoutCredentials(string request)
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Access = Users(), Resolve = (_, _) => throw new InvalidOperationException("nobody may be asked") });

        var answer = await front.ExchangeAsync(request.Replace("{port}", $"{front.Port}", StringComparison.Ordinal));

        Assert.Equal(407, answer.Status);
        Assert.True(answer.Has("Proxy-Authenticate"));
    }

    [Fact]
    public async Task ProxyAuth_Connect_WithCredentials_Tunnels()
    {
        await using var origin = RawOrigin.Start(async s => await s.WriteAsync("echo " + await s.ReadTextAsync(4)));
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Access = Users(), ConnectPorts = new HashSet<int> { origin.Port } });
        using var client = await front.ConnectAsync();

        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n{Basic("alice:s3cret")}\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await client.SendAsync("ping");

        Assert.Equal("echo ping", Encoding.Latin1.GetString((await client.ReadToEndAsync()).Bytes));
    }

    [Theory]
    [InlineData("alice:\n")]
    [InlineData(":x\n")]
    [InlineData("alice\n")]
    [InlineData("# nobody\n\n")]
    public void UsersFile_ThatIsNone_SaysWhatToWrite(string text)
    {
        Assert.False(ProxyUsers.TryParse(text, out _, out var problem));
        Assert.Contains("name:password", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void UsersFile_ThatOthersCanRead_IsRefused()
    {
        var file = Path.GetTempFileName(); // made 0600
        try
        {
            File.WriteAllText(file, "alice:s3cret\n");
            Assert.NotNull(AccessFiles.Load(file, []).Access);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
                Assert.Contains("chmod 600", AccessFiles.Load(file, []).Problem, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains("cannot be read", AccessFiles.Load(file, []).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", AccessVerdict.Granted)]
    [InlineData("::ffff:10.1.2.3", AccessVerdict.Granted)]
    [InlineData("fd00::1", AccessVerdict.Granted)]
    [InlineData("127.0.0.1", AccessVerdict.Granted)]
    [InlineData("::1", AccessVerdict.Granted)]
    [InlineData("11.0.0.1", AccessVerdict.Stranger)]
    [InlineData("::ffff:11.0.0.1", AccessVerdict.Stranger)]
    [InlineData("2001:db8::1", AccessVerdict.Stranger)]
    [InlineData(null, AccessVerdict.Stranger)]
    public void TrustClients_ByNetwork(string? address, AccessVerdict verdict) =>
        Assert.Equal(verdict, new ClientAccess([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")], null).Judge(address is null ? null : IPAddress.Parse(address), null, out _));

    [Fact]
    public void TrustClients_AndUsers_BothHold()
    {
        Assert.True(ProxyUsers.TryParse("a:b", out var users, out _));
        var access = new ClientAccess([IPNetwork.Parse("10.0.0.0/8")], users);

        Assert.Equal(AccessVerdict.Stranger, access.Judge(IPAddress.Parse("11.0.0.1"), "Basic YTpi", out _));
        Assert.Equal(AccessVerdict.Unauthenticated, access.Judge(IPAddress.Parse("10.0.0.1"), null, out _));
        Assert.Equal(AccessVerdict.Unauthenticated, access.Judge(IPAddress.Loopback, null, out _));
        Assert.Equal(AccessVerdict.Granted, access.Judge(IPAddress.Parse("10.0.0.1"), "Basic YTpi", out var user));
        Assert.Equal("a", user);
    }

    [Fact]
    public async Task Listen_BeyondLoopback_StartsWhereAccessIsRestricted()
    {
        await using var front = await ProxyFront.StartAsync(
            new FrontOptions { Listen = new IPEndPoint(IPAddress.Any, 0), Access = Users() }, TestContext.Current.CancellationToken);

        Assert.Equal(407, (await RawClient.ExchangeAsync(new(IPAddress.Loopback, front.BoundAddress.Port), "GET http://x.example/ HTTP/1.1\r\nHost: x\r\n\r\n")).Status);
        Assert.Equal(403, (await RawClient.ExchangeAsync(
            new(IPAddress.Loopback, front.BoundAddress.Port), $"GET http://127.0.0.1:{front.BoundAddress.Port}/ HTTP/1.1\r\nHost: x\r\n{Basic("alice:s3cret")}\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Connections_OfOneClient_AreCapped()
    {
        await using var front = await TestFront.StartAsync(new TestFrontOptions { ConnectionsOfOneClientMax = 2 });
        using var first = await front.ConnectAsync();
        var second = await front.ConnectAsync();
        // Each has shown that it was let in before the next one comes.
        foreach (var client in new[] { first, second })
        {
            await client.SendAsync($"TRACE http://x.example/ HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.Equal(405, (await client.ReadAnswerAsync()).Status);
        }

        using (var third = await front.ConnectAsync())
        {
            Assert.Equal(503, (await third.ReadAnswerAsync()).Status);
        }

        second.Dispose();
        await Eventually.IsTrueAsync(() => AskAsync(front).GetAwaiter().GetResult() == 405, "the place of the second is free");
    }

    private static async Task<int> AskAsync(TestFront front)
    {
        try
        {
            return (await front.ExchangeAsync("TRACE http://x.example/ HTTP/1.1\r\nHost: x\r\n\r\n")).Status;
        }
        catch (IOException)
        {
            return 0; // refused before the request was read
        }
    }
}
