using Swarm.Core;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>I1 while the origin fails: ten minutes on a published tree, for the same credentials, and never after a denial.</summary>
public sealed class OriginDownTests
{
    private static readonly Film Film = Film.Make(2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnL5_PermitOfTheSameCredentials_ServesForTenMinutes(bool refused)
    {
        var time = new FakeTime();
        using var authority = new TestAuthority();
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        await using var node = await TestNode.StartAsync(new() { Time = time, TrustedRoots = authority.Roots });
        await DriveAsync(time, node.GetAsync(origin.GatewayPath));
        await node.HasTreeAsync(UrlOf(origin), Authority.Tree);
        origin.Answers = _ => refused ? FilmReply.Broken : FilmReply.Empty(500);

        time.Advance(TimeSpan.FromMinutes(9.8));
        var covered = await DriveAsync(time, node.GetAsync(origin.GatewayPath, "Range: bytes=2000000-2999999"));
        time.Advance(TimeSpan.FromMinutes(0.5));
        var late = await node.GetAsync(origin.GatewayPath);

        Assert.Equal(206, covered.Status);
        Assert.Contains("origin-down", covered.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.InRange(int.Parse(covered.Field("Age")!, System.Globalization.CultureInfo.InvariantCulture), 588, 600);
        PermissionTests.AssertBytes(Film.Bytes, 2_000_000, covered.Body, 1_000_000);
        Assert.True(late.Status >= 500);
    }

    [Fact]
    public async Task OnL5_OtherCredentials_AreNotServed()
    {
        var time = new FakeTime();
        using var authority = new TestAuthority();
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        origin.Answers = r => origin.Honest(r).With("Cache-Control: public");
        await using var node = await TestNode.StartAsync(new() { Time = time, TrustedRoots = authority.Roots });
        await DriveAsync(time, node.GetAsync(origin.GatewayPath, "Authorization: alice"));
        await node.HasTreeAsync(UrlOf(origin), Authority.Tree);
        origin.Answers = _ => FilmReply.Empty(503);

        Assert.Equal(503, (await node.GetAsync(origin.GatewayPath, "Authorization: bob")).Status);
        Assert.Equal(503, (await node.GetAsync(origin.GatewayPath)).Status);
        Assert.Equal(200, (await DriveAsync(time, node.GetAsync(origin.GatewayPath, "Authorization: alice"))).Status);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task OnL5_AfterADenial_NothingIsServed(int status)
    {
        using var authority = new TestAuthority();
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        var time = new FakeTime();
        await using var node = await TestNode.StartAsync(new() { Time = time, TrustedRoots = authority.Roots });
        await DriveAsync(time, node.GetAsync(origin.GatewayPath));
        await node.HasTreeAsync(UrlOf(origin), Authority.Tree);
        time.Advance(TimeSpan.FromSeconds(10));

        origin.Answers = _ => FilmReply.Empty(status);
        Assert.Equal(status, (await node.GetAsync(origin.GatewayPath)).Status);
        origin.Answers = _ => FilmReply.Broken;

        Assert.Equal(502, (await node.GetAsync(origin.GatewayPath)).Status);
    }

    [Fact]
    public async Task OnL5_OriginForbidsStale_NothingIsServed()
    {
        using var authority = new TestAuthority();
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        origin.Answers = r => origin.Honest(r).With("Cache-Control: must-revalidate");
        var time = new FakeTime();
        await using var node = await TestNode.StartAsync(new() { Time = time, TrustedRoots = authority.Roots });
        await DriveAsync(time, node.GetAsync(origin.GatewayPath));
        await node.HasTreeAsync(UrlOf(origin), Authority.Tree);
        time.Advance(TimeSpan.FromSeconds(10));
        origin.Answers = _ => FilmReply.Empty(503);

        Assert.Equal(503, (await node.GetAsync(origin.GatewayPath)).Status);
    }

    [Fact]
    public async Task OnL5c_SameClientWithARecentResponse_IsServedForTenMinutes()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await DownloadJoinedAsync(node, origin, time);
        time.Advance(TimeSpan.FromSeconds(10));
        origin.Answers = _ => FilmReply.Empty(503);

        var covered = await DriveAsync(time, node.GetAsync(origin.Url, "Range: bytes=1000-1999999"));
        var handle = node.Known(origin.Url);
        var stranger = handle.LastSeen("192.0.2.1", node.Engine.Now);
        time.Advance(TimeSpan.FromMinutes(10));
        var late = await node.GetAsync(origin.Url);

        Assert.Contains("origin-down", covered.Field("Cache-Status"), StringComparison.Ordinal);
        PermissionTests.AssertBytes(Film.Bytes, 1000, covered.Body, 1_999_000);
        var receipt = await node.ReceiptAsync(covered);
        Assert.True(receipt.Cleartext);
        Assert.Equal("L5c", receipt.Authority);
        Assert.Null(stranger);
        Assert.Equal(503, late.Status);
    }

    [Fact]
    public async Task OnL5c_LinkWithdrawn_NothingIsServed()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await DownloadJoinedAsync(node, origin, time);
        time.Advance(TimeSpan.FromSeconds(10));
        origin.Link = null;
        PermissionTests.AssertBytes(Film.Bytes, 0, (await DriveAsync(time, node.GetAsync(origin.Url))).Body, Film.Length);
        origin.Answers = _ => FilmReply.Empty(503);

        Assert.Equal(503, (await node.GetAsync(origin.Url)).Status);
    }

    /// <summary>Downloads over http and stays until the tree is bound, which waits for the first unit by ticks of the clock.</summary>
    private static async Task DownloadJoinedAsync(TestNode node, FilmOrigin origin, FakeTime time)
    {
        var gate = new Gate();
        origin.BeforeBytes = (_, at, cancel) => at >= 1 << 20 ? gate.PassAsync(cancel) : Task.CompletedTask;
        var download = node.GetAsync(origin.Url);
        await gate.Reached;
        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(25));
                return node.Engine.Current(origin.Url, "identity")?.PermitFor("")?.LinkedInfohash is not null;
            },
            "the tree is bound");
        gate.Open();
        PermissionTests.AssertBytes(Film.Bytes, 0, (await DriveAsync(time, download)).Body, Film.Length);
        origin.BeforeBytes = null;
    }

    /// <summary>Lets the clock go on, slowly, while an answer is under way: swarms look at it.</summary>
    private static async Task<RawAnswer> DriveAsync(FakeTime time, Task<RawAnswer> answer)
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
                return answer.IsCompleted;
            },
            "the answer");
        return await answer;
    }

    private static string UrlOf(FilmOrigin origin) => $"https://{TestNode.TlsHost}:{origin.Port}{origin.Path}";
}
