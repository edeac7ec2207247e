using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Which Links are followed, what a hostile one costs (nothing), and what a tree over cleartext may serve.</summary>
public sealed class LinkTests
{
    private static readonly Film Film = Film.Make(6);

    [Fact]
    public async Task TorrentOfAnotherFileOfEqualLength_NoPeerByteLeaves()
    {
        var other = Film.Make(7);
        await using var seed = new SeedPeer(other);
        await using var origin = new FilmOrigin(Film) { Metafile = other.Metafile };
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(Film.Length, (await node.ReceiptAsync(answer)).BytesBySource.Origin);
    }

    [Theory]
    [InlineData("http://127.0.0.9:{0}/film.torrent")] // cross-origin over http
    [InlineData("http://169.254.169.254/latest/film.torrent")] // not an allowed target
    [InlineData("http://[::1]:{0}/film.torrent")]
    [InlineData("ftp://127.0.0.1/film.torrent")]
    public async Task LinkThatMayNotSpeak_IsNotFetched(string link)
    {
        await using var origin = new FilmOrigin(Film);
        origin.Link = string.Format(System.Globalization.CultureInfo.InvariantCulture, link, origin.Port);
        await using var node = await TestNode.StartAsync();

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);

        Assert.Empty(origin.Others);
        Assert.Null(node.Known(origin.Url).Version.Infohash);
    }

    [Fact]
    public async Task LinkWithAnchor_IsNotFetched()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => origin.Honest(r).With("Link: </film.torrent>; rel=describedby; type=\"application/x-bittorrent\"; anchor=\"http://elsewhere.test/\"");
        await using var node = await TestNode.StartAsync();

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);

        Assert.Empty(origin.Others);
    }

    [Fact]
    public async Task HttpsResource_HttpMetafile_IsNotFetched()
    {
        using var authority = new TestAuthority();
        await using var metafiles = new FilmOrigin(Film);
        await using var origin = new FilmOrigin(Film, authority.Leaf(TestNode.TlsHost)) { Link = $"http://127.0.0.1:{metafiles.Port}/film.torrent" };
        await using var node = await TestNode.StartAsync(new() { TrustedRoots = authority.Roots });

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.GatewayPath)).Body, Film.Length);

        Assert.Equal(0, metafiles.Connections);
    }

    [Fact]
    public async Task HostNotListed_NoMetafileRequest()
    {
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { SwarmHosts = ["other.test"] });

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);

        Assert.Empty(origin.Others);
    }

    [Theory]
    [InlineData("404")]
    [InlineData("garbage")]
    [InlineData("huge")]
    [InlineData("slow")]
    [InlineData("redirected to metadata")]
    [InlineData("redirected across origins")]
    public async Task BadMetafile_TheResponseIsUnaffected(string kind)
    {
        await using var elsewhere = new FilmOrigin(Film);
        await using var origin = new FilmOrigin(Film);
        var never = new Gate();
        origin.OtherAnswers = _ => kind switch
        {
            "404" => FilmReply.Empty(404),
            "garbage" => new(200, ["Content-Length: 1000"], Film.Bytes, 0, 1000),
            "huge" => new(200, ["Content-Length: 999999999"], Film.Bytes, 0, 1000) { CutAfter = 1000 },
            "slow" => new(200, ["Content-Length: 5000000"], Film.Bytes, 0, 0),
            "redirected to metadata" => FilmReply.Empty(302, "Location: http://169.254.169.254/film.torrent"),
            _ => FilmReply.Empty(302, $"Location: http://127.0.0.1:{elsewhere.Port}/film.torrent"),
        };
        await using var node = await TestNode.StartAsync();

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        await Eventually.IsTrueAsync(() => origin.Others.Count == 1, "the metafile was asked for");
        Assert.Null(node.Known(origin.Url).Version.Infohash);
        Assert.Equal("complete", (await node.ReceiptAsync(answer)).Outcome);
    }

    [Theory]
    [InlineData("/setup.exe", "application/octet-stream", false)]
    [InlineData("/film.mp4", "text/html", false)]
    [InlineData("/film.mp4", "video/mp4", true)]
    public async Task OverCleartext_WhatRuns_GetsNoPeerBytes(string path, string type, bool hasMagic)
    {
        var film = Film.Make(8, bytes: Film.Noise(8, Film.Length, hasMagic ? "MZ"u8 : default));
        await using var seed = new SeedPeer(film);
        await using var origin = new FilmOrigin(film) { Path = path, ContentType = type };
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        var gate = PeerBytesTests.Stall(origin, 512 << 10, firstOnly: true);
        var download = node.GetAsync(origin.Url);
        await gate.Reached;
        await node.GetAsync(origin.Url, "Range: bytes=2000000-2000999");
        gate.Open();

        PermissionTests.AssertBytes(film.Bytes, 0, (await download).Body, Film.Length);

        Assert.Equal(0, seed.Connections);
    }

    [Fact]
    public async Task CleartextTree_IsNotUsedForALaterAnswerWithoutItsLink()
    {
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);
        gate.Open();
        origin.BeforeBytes = null;
        origin.Link = null;
        var sent = origin.BytesSent;

        var answer = await node.GetAsync(origin.Url, "Cookie: asks=again");

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.True(origin.BytesSent - sent >= Film.Length);
        Assert.Contains("fwd=bypass", answer.Field("Cache-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GivenTorrent_BindsToExactlyTheUrlOfItsUrlList()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        var given = Film.Make(6, urlList: [origin.Url]);
        await using var seed = new SeedPeer(given);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [given], SwarmHosts = [] });
        var gate = PeerBytesTests.Stall(origin, 512 << 10);

        var answer = await node.GetAsync(origin.Url);

        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        Assert.Equal("L5", (await node.ReceiptAsync(answer)).Authority);
    }
}
