using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Two versions are never spliced, and a truncated body never ends cleanly.</summary>
public sealed class VersionTests
{
    private static readonly Film Film = Film.Make(4);
    private static readonly byte[] Replaced = Film.Noise(5, Film.Length);

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    [InlineData(1 << 20)]
    [InlineData(2_500_000)]
    [InlineData(Film.Length - 1)]
    public async Task FileReplaced_UnderANewTag_OldNewOrReset_AndTheNextRequestIsRight(int switchAt)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        var switched = 0;
        origin.Answers = r => switched == 0 && r.First == 0 ? origin.Honest(r) with { CutAfter = switchAt } : null;
        await using var node = await TestNode.StartAsync();
        origin.BeforeBytes = (_, at, _) =>
        {
            if (at + (16 << 10) >= switchAt && Interlocked.Exchange(ref switched, 1) == 0)
            {
                origin.File = Replaced;
                origin.ETag = "\"v2\"";
            }

            return Task.CompletedTask;
        };

        if (switchAt == 0)
        {
            switched = 1;
            (origin.File, origin.ETag) = (Replaced, "\"v2\"");
        }

        var (head, body, whole) = await node.TryGetAsync(origin.Url);
        var next = await node.GetAsync(origin.Url);

        AssertOneVersion(head, body);
        Assert.Equal(switchAt == 0, whole);
        PermissionTests.AssertBytes(Replaced, 0, next.Body, Film.Length);
        Assert.Equal("\"v2\"", next.Field("ETag"));
        Assert.Equal(switchAt == 0 ? "complete" : "version-changed", (await node.ReceiptAsync(head)).Outcome);
    }

    [Fact]
    public async Task FileReplaced_WithASwarm_OldNewOrReset_AndTheNextRequestIsRight()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        var gate = PeerBytesTests.Stall(origin, 512 << 10, firstOnly: true);
        var download = node.TryGetAsync(origin.Url);
        await gate.Reached;
        (origin.File, origin.ETag, origin.Link) = (Replaced, "\"v2\"", null);

        var (head, body, _) = await download;
        gate.Open();
        var next = await node.GetAsync(origin.Url, "Cache-Control: no-cache");

        AssertOneVersion(head, body);
        PermissionTests.AssertBytes(Replaced, 0, next.Body, Film.Length);
    }

    [Fact]
    public async Task SameTagNewBytes_WithATree_OneAnswerGoesOn_AndTheTreeIsQuarantined()
    {
        using var authority = new TestAuthority();
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost)) { File = Replaced };
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], TrustedRoots = authority.Roots });

        var first = await node.TryGetAsync(origin.GatewayPath);
        var next = await node.GetAsync(origin.GatewayPath, "Cache-Control: no-cache");

        Assert.True(first.IsWhole);
        PermissionTests.AssertBytes(Replaced, 0, first.Body, Film.Length);
        PermissionTests.AssertBytes(Replaced, 0, next.Body, Film.Length);
        Assert.Equal(0, (await node.ReceiptAsync(first.Head)).BytesBySource.Peer);
        Assert.Equal(0, (await node.ReceiptAsync(next)).BytesBySource.Peer);
    }

    [Fact]
    public async Task SameTagNewBytes_AfterPeersDelivered_IsResetOrOneVersion_AndTheNextRequestIsRight()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);
        gate.Open();
        origin.BeforeBytes = null;
        origin.File = Replaced;

        // A response may be whole in the old version before the origin's first new byte is here; the first that meets one ends it.
        var old = node.Known(origin.Url);
        for (var i = 0; i < 50 && !old.IsRetired; i++)
        {
            var joined = await node.TryGetAsync(origin.Url, "Cache-Control: no-cache", "Cookie: fresh=1");
            AssertOneVersion(joined.Head, joined.Body);
        }

        Assert.True(old.IsRetired);
        var next = await node.GetAsync(origin.Url, "Cache-Control: no-cache", "Cookie: fresh=1");

        PermissionTests.AssertBytes(Replaced, 0, next.Body, Film.Length);
    }

    [Fact]
    public async Task TruncatedBody_IsResumedByRangeUnderTheSameTag()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => r.Number == 1 ? origin.Honest(r) with { CutAfter = 1_000_000 } : null;
        await using var node = await TestNode.StartAsync();

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(2, origin.Requests.Count);
        Assert.InRange(origin.Requests.Last().First, 1_000_000 - (128 << 10), 1_000_000);
    }

    [Fact]
    public async Task TruncatedBody_OfAnOriginWithoutRanges_IsReset()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => origin.Honest(r with { Fields = [] }) with { CutAfter = 1_000_000 };
        await using var node = await TestNode.StartAsync();

        var (_, body, whole) = await node.TryGetAsync(origin.Url);

        Assert.False(whole);
        PermissionTests.AssertBytes(Film.Bytes, 0, body, body.Length);
    }

    [Theory]
    [InlineData("offset")]
    [InlineData("length")]
    [InlineData("total")]
    [InlineData("tag")]
    [InlineData("gzip")]
    [InlineData("missing")]
    public async Task LyingResume_NeverGivesAWrongByte(string lie)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r =>
        {
            var honest = origin.Honest(r);
            if (r.Number == 1)
            {
                return honest with { CutAfter = 1_000_000 };
            }

            var (first, total) = (honest.Offset, Film.Length);
            return lie switch
            {
                "offset" => honest.Without("Content-Range").With($"Content-Range: bytes {first + 1}-{total - 1}/{total}"),
                "length" => honest.Without("Content-Range").With($"Content-Range: bytes {first}-{total - 100}/{total}"),
                "total" => honest.Without("Content-Range").With($"Content-Range: bytes {first}-{total - 1}/{total + 7}"),
                "tag" => honest.Without("ETag").With("ETag: \"v9\""),
                "gzip" => honest.With("Content-Encoding: gzip"),
                _ => honest.Without("Content-Range"),
            } with { File = Replaced };
        };
        await using var node = await TestNode.StartAsync();

        var (_, body, whole) = await node.TryGetAsync(origin.Url);

        Assert.False(whole);
        PermissionTests.AssertBytes(Film.Bytes, 0, body, body.Length);
    }

    private static void AssertOneVersion(RawAnswer head, byte[] body)
    {
        var old = body.AsSpan().CommonPrefixLength(Film.Bytes);
        var replaced = body.AsSpan().CommonPrefixLength(Replaced);
        Assert.True(old == body.Length || replaced == body.Length, $"a mix: {old} bytes of the old, {replaced} of the new, of {body.Length}");
        if (body.Length > 0 && head.Field("ETag") == "\"v2\"")
        {
            Assert.Equal(body.Length, replaced);
        }
    }
}
