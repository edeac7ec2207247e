using System.Globalization;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Origin;

/// <summary>Origins over HTTP/2 (another server's implementation), through the whole node: ranges, streams that are reset, connections that are taken down.</summary>
public sealed class Http2OriginTests
{
    private static readonly byte[] File = Film.Noise(21, 3_000_000);

    [Fact]
    public async Task Ranges_AreTheRightBytes()
    {
        await using var both = await Pair.StartAsync(context => SendAsync(context, File.Length));
        var part = await both.GetAsync("Range: bytes=1000000-1999999");
        var several = await both.GetAsync("Range: bytes=0-9,2999990-");
        var whole = await both.GetAsync();

        Assert.Equal((206, $"bytes 1000000-1999999/{File.Length}"), (part.Status, part.Field("Content-Range")));
        PermissionTests.AssertBytes(File, 1_000_000, part.Body, 1_000_000);
        PermissionTests.AssertBytes(File, 0, several.Body, File.Length); // this origin answers 200 to several
        PermissionTests.AssertBytes(File, 0, whole.Body, File.Length);
        Assert.StartsWith("2 ", part.Field("Via")!, StringComparison.Ordinal);
        Assert.Equal(1, both.Origin.Connections);
    }

    [Theory]
    [InlineData("\"v1\"", true)] // the rest is asked for under the same strong tag
    [InlineData(null, false)]
    [InlineData("W/\"v1\"", false)]
    public async Task StreamResetMidBody_IsResumedOrReset_NeverEndedCleanly(string? tag, bool whole)
    {
        var requests = 0;
        await using var both = await Pair.StartAsync(context => SendAsync(context, Interlocked.Increment(ref requests) == 1 ? 1_200_000 : File.Length, tag));

        var (head, body, isWhole) = await both.TryGetAsync();

        Assert.Equal((200, File.Length.ToString(CultureInfo.InvariantCulture), whole), (head.Status, head.Field("Content-Length"), isWhole));
        PermissionTests.AssertBytes(File, 0, body, whole ? File.Length : body.Length);
        Assert.Equal(whole ? 2 : 1, requests);
    }

    [Fact]
    public async Task StreamReset_OfUnknownLength_IsNoCleanEnd()
    {
        await using var both = await Pair.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(File.AsMemory(0, 100_000));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var client = await both.Node.ConnectAsync();
        await client.SendAsync($"GET {both.Path} HTTP/1.1\r\nHost: 127.0.0.1:{both.Node.EndPoint.Port}\r\n\r\n");
        try
        {
            Assert.InRange((await client.ReadHeadAsync()).Status, 200, 502);
            Assert.Null(await Record.ExceptionAsync(async () =>
            {
                var (bytes, _) = await client.ReadToEndAsync();
                Assert.False(bytes.AsSpan().EndsWith("0\r\n\r\n"u8), "a last chunk was sent");
            }));
        }
        catch (IOException)
        {
            // Reset before a word: no clean end either.
        }
    }

    [Fact]
    public async Task GoAway_EndsNoRequestUnderWay_AndTheNextOneDialsAnew()
    {
        await using var both = await Pair.StartAsync(async context =>
        {
            if (context.Request.Headers.ContainsKey("X-Last"))
            {
                context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose(); // GOAWAY
            }

            await SendAsync(context, File.Length);
        });
        PermissionTests.AssertBytes(File, 0, (await both.GetAsync("Cache-Control: no-store")).Body, File.Length);
        PermissionTests.AssertBytes(File, 0, (await both.GetAsync("Cache-Control: no-store", "X-Last: 1")).Body, File.Length);
        PermissionTests.AssertBytes(File, 0, (await both.GetAsync("Cache-Control: no-store")).Body, File.Length);
        Assert.Equal(2, both.Origin.Connections);
    }

    /// <summary>Answers one range or everything, up to a position of the file; there the stream is reset.</summary>
    private static async Task SendAsync(HttpContext context, int upTo, string? tag = "\"v1\"")
    {
        var response = context.Response;
        if (tag is not null)
        {
            response.Headers.ETag = tag;
        }

        var (first, end) = (0, File.Length);
        if (context.Request.Headers.Range.ToString() is { Length: > 0 } range && !range.Contains(',', StringComparison.Ordinal))
        {
            var ends = range["bytes=".Length..].Split('-');
            first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            end = ends[1].Length == 0 ? File.Length : int.Parse(ends[1], CultureInfo.InvariantCulture) + 1;
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {first}-{end - 1}/{File.Length}";
        }

        response.ContentLength = end - first;
        await response.Body.WriteAsync(File.AsMemory(first, Math.Min(end, upTo) - first));
        if (upTo < end)
        {
            await response.Body.FlushAsync();
            context.Abort();
        }
    }

    /// <summary>An HTTP/2 origin and a node whose gateway reaches it.</summary>
    private sealed class Pair(TestAuthority authority, Http2Origin origin, TestNode node) : IAsyncDisposable
    {
        public Http2Origin Origin => origin;

        public TestNode Node => node;

        public string Path => $"/gateway/https/{TestNode.TlsHost}:{origin.Port}/f";

        public static async Task<Pair> StartAsync(RequestDelegate answer)
        {
            var authority = new TestAuthority();
            var origin = await Http2Origin.StartAsync(authority.Leaf(TestNode.TlsHost), answer);
            return new(authority, origin, await TestNode.StartAsync(new() { TrustedRoots = authority.Roots }));
        }

        public Task<RawAnswer> GetAsync(params string[] lines) => node.GetAsync(Path, lines);

        public Task<(RawAnswer Head, byte[] Body, bool IsWhole)> TryGetAsync() => node.TryGetAsync(Path);

        public async ValueTask DisposeAsync()
        {
            await node.DisposeAsync();
            await origin.DisposeAsync();
            authority.Dispose();
        }
    }
}
