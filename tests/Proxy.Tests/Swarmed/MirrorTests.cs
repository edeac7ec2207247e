using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Mirrors that the origin Links to (RFC 6249 <c>rel=duplicate</c>): sources of one file under a tree, worth what the tree says, and nothing without one.</summary>
public sealed class MirrorTests
{
    private static readonly Film Film = Film.Make(81);

    [Fact]
    public async Task StalledOrigin_TheMirrorBringsTheRest_VerifiedAndCountedAsAMirrors()
    {
        await using var mirror = new FilmOrigin(Film) { Path = "/elsewhere/other-name.bin" };
        await using var origin = new FilmOrigin(Film) { Mirrors = [mirror.Url] };
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();

        var answer = await node.GetAsync(origin.Url, "Referer: http://page.example/secret");
        gate.Open();

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        var receipt = await node.ReceiptAsync(answer);
        Assert.True(receipt.BytesBySource.Mirror > 2 << 20, $"{receipt.BytesBySource}");
        Assert.True(receipt.BytesVerified16k >= receipt.BytesBySource.Mirror);
        Assert.Equal((0L, 0L), (receipt.BytesBySource.WebSeed, receipt.BytesBySource.Peer));
        Assert.Contains(receipt.Sources, s => (s.Kind, s.Address) == ("mirror", mirror.Authority));
        Assert.Equal([("mirror", "joined", true)], node.Engine.HttpSeedsOf(node.Engine.FindTorrent(Film.Infohash)!).Select(m => (m.Kind, m.State, m.ReceivedBytes > 2 << 20)));
        Assert.All(mirror.Requests, r => Assert.InRange(r.Range!.Value.Last!.Value - r.First, 0, (1 << 20) - 1));
        Assert.All(mirror.Requests, r => Assert.All(["Cookie", "Authorization", "Referer"], name => Assert.Null(r.Field(name))));
    }

    [Fact]
    public async Task NoTorrent_MirrorsAreNotAsked()
    {
        await using var mirror = new FilmOrigin(Film);
        await using var origin = new FilmOrigin(Film) { Link = null, Mirrors = [mirror.Url] };
        await using var node = await TestNode.StartAsync();

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);

        Assert.Equal(0, mirror.Connections);
    }

    [Fact]
    public async Task StaleMirror_IsBannedWithBlame_AndNoByteOfItLeaves()
    {
        await using var stale = new FilmOrigin(Film) { File = [.. Film.Bytes.Select(b => (byte)~b)] };
        await using var good = new FilmOrigin(Film);
        await using var origin = new FilmOrigin(Film) { Mirrors = [stale.Url, good.Url] };
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();
        var banned = node.Heard("mirror.banned");

        var answer = await node.GetAsync(origin.Url);
        gate.Open();

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.True((await node.ReceiptAsync(answer)).BytesBySource.Mirror > 1 << 20);
        await Eventually.IsTrueAsync(() => !banned.IsEmpty, "the stale one is banned");
        Assert.Contains(stale.Authority, Assert.Single(banned), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MirrorOfAnotherLength_IsLeft_TheOriginDelivers()
    {
        await using var longer = new FilmOrigin(Film) { File = [.. Film.Bytes, 0] };
        await using var origin = new FilmOrigin(Film) { Mirrors = [longer.Url] };
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();
        var left = node.Heard("mirror.left");

        var asked = node.GetAsync(origin.Url);
        await Eventually.IsTrueAsync(() => !left.IsEmpty, "it is left");
        gate.Open();

        var answer = await asked;
        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(0, (await node.ReceiptAsync(answer)).BytesBySource.Mirror);
        Assert.Single(longer.Requests);
    }

    [Fact]
    public async Task HttpsResource_OnlyMirrorsByHttpsAreAsked()
    {
        using var authority = new TestAuthority();
        await using var clear = new FilmOrigin(Film);
        await using var secret = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost));
        origin.Mirrors = [clear.Url, $"https://{TestNode.TlsHost}:{secret.Port}{secret.Path}"];
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { TrustedRoots = authority.Roots });

        var answer = await node.GetAsync(origin.GatewayPath);
        gate.Open();

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.True((await node.ReceiptAsync(answer)).BytesBySource.Mirror > 0);
        Assert.Equal(0, clear.Connections);
    }

    [Fact]
    public async Task OriginThatDenies_Is403_ThoughTheMirrorHasIt()
    {
        await using var mirror = new FilmOrigin(Film);
        await using var origin = new FilmOrigin(Film) { Mirrors = [mirror.Url] };
        await using var node = await TestNode.StartAsync();
        await node.GetAsync(origin.Url);
        origin.Answers = _ => FilmReply.Empty(403);
        var asked = mirror.Requests.Count;

        Assert.Equal(403, (await node.GetAsync(origin.Url, "Authorization: Bearer revoked")).Status);

        Assert.Equal(asked, mirror.Requests.Count);
    }
}
