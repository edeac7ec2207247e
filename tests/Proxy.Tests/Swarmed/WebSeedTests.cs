using Swarm.Protocol;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Web seeds (BEP 19) on a whole node: their bytes are a peer's, their requests are bounded, and the origin is none.</summary>
public sealed class WebSeedTests
{
    private static readonly Film Hybrid = Film.Make(61);
    private static readonly Film V1 = Film.Make(62, format: MetainfoFormat.V1);
    private static readonly Film V2 = Film.Make(63, format: MetainfoFormat.V2);

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("hybrid")]
    public async Task Given_WholeAndRange_ComeFromTheWebSeedAlone(string kind)
    {
        var film = kind switch { "v1" => V1, "v2" => V2, _ => Hybrid };
        await using var server = new FilmOrigin(film);
        await using var node = await TestNode.StartAsync();
        Give(node, film, server.Url);

        var part = await node.GetAsync($"/torrents/{film.Infohash}", "Range: bytes=1000000-1999999", "Cookie: mine=1", "Authorization: Bearer mine");
        var whole = await node.GetAsync($"/torrents/{film.Infohash}");

        PermissionTests.AssertBytes(film.Bytes, 1_000_000, part.Body, 1_000_000);
        PermissionTests.AssertBytes(film.Bytes, 0, whole.Body, Film.Length);
        var receipt = await node.ReceiptAsync(part);
        Assert.Equal(("complete", "L5", 1_000_000L, 0L), (receipt.Outcome, receipt.Authority, receipt.BytesBySource.WebSeed, receipt.BytesBySource.Origin));
        var shown = Assert.Single(node.Engine.HttpSeeds);
        Assert.Equal((film.Infohash, "webseed", server.Authority), (shown.Infohash, shown.Kind, shown.Address));
        Assert.InRange(shown.ReceivedBytes, 1_000_000, Film.Length + (2 << 20));
        Assert.Empty(node.Engine.Peers);
        var source = Assert.Single(receipt.Sources);
        Assert.Equal(("webseed", server.Authority), (source.Kind, source.Address));
        Assert.All(server.Requests, r => Assert.InRange(r.Range!.Value.Last!.Value - r.First, 0, (1 << 20) - 1));
        Assert.All(server.Requests, r => Assert.All(["Cookie", "Authorization", "Referer"], name => Assert.Null(r.Field(name))));
        Assert.True(server.Connections < server.Requests.Count, $"{server.Connections} connections for {server.Requests.Count} requests");
        // Twice only what two requests under way still sent when the first response ended.
        Assert.InRange(server.BytesSent, Film.Length, Film.Length + (2 << 20));
    }

    [Fact]
    public async Task Folder_PathsAreJoinedAndEscaped_AndPiecesAcrossFilesAreTwoRequests()
    {
        var (folder, second, space) = Film.MakeV1Folder("Two films", "a b.mp4", "ä.mp4");
        Assert.False(folder.Torrent.IsAligned);
        await using var server = Serving(folder, ("/pub/Two%20films/a%20b.mp4", folder.Bytes), ("/pub/Two%20films/%C3%A4.mp4", second));
        await using var node = await TestNode.StartAsync();
        Give(node, folder, $"http://{server.Authority}/pub");

        var b = await node.GetAsync($"/torrents/{folder.Infohash}/%C3%A4.mp4");
        var a = await node.GetAsync($"/torrents/{folder.Infohash}/a%20b.mp4");

        PermissionTests.AssertBytes(second, 0, b.Body, second.Length);
        PermissionTests.AssertBytes(folder.Bytes, 0, a.Body, folder.Bytes.Length);
        Assert.Equal(space.Length, folder.Bytes.Length + second.Length);
        Assert.Equal(2, server.Others.Select(r => r.Path).Distinct().Count());
    }

    [Fact]
    public async Task Folder_WithTrees_EachFileFromItsOwnPath()
    {
        var (folder, second) = Film.MakeFolder("pack", "a.mp4", "b.mp4");
        await using var server = Serving(folder, ("/pack/a.mp4", folder.Bytes), ("/pack/b.mp4", second));
        await using var node = await TestNode.StartAsync();
        Give(node, folder, $"http://{server.Authority}/");

        var b = await node.GetAsync($"/torrents/{folder.Infohash}/b.mp4", "Range: bytes=100000-");

        PermissionTests.AssertBytes(second, 100_000, b.Body, second.Length - 100_000);
        Assert.All(server.Others, r => Assert.Equal("/pack/b.mp4", r.Path));
    }

    [Fact]
    public async Task Magnet_WithMetafileAndWebSeed_NeedsNoPeer()
    {
        await using var server = new FilmOrigin(V1);
        await using var node = await TestNode.StartAsync();
        Assert.True(Bep53Magnet.TryParse(
            $"magnet:?xt=urn:btih:{V1.Torrent.InfoHash.V1Hex}&xs=http://{server.Authority}/film.torrent&ws={Uri.EscapeDataString(server.Url)}", out var magnet, out var error), error);
        Assert.Null(node.Engine.AddMagnet(magnet));

        var answer = await node.GetAsync($"/torrents/{V1.Infohash}");

        PermissionTests.AssertBytes(V1.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal([server.Url], node.Engine.FindTorrent(V1.Infohash)!.Metainfo.WebSeeds);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("hybrid")]
    public async Task WrongBytes_NeverLeave_TheirServerIsBannedWithBlame_AndAskedNoMore(string kind)
    {
        var film = kind == "v1" ? V1 : Hybrid;
        await using var liar = new FilmOrigin(film) { File = [.. film.Bytes.Select(b => (byte)(b ^ 0x80))] };
        await using var honest = new FilmOrigin(film);
        await using var node = await TestNode.StartAsync();
        var banned = node.Heard("webseed.banned");
        Give(node, film, liar.Url, honest.Url);

        var answer = await node.GetAsync($"/torrents/{film.Infohash}");

        PermissionTests.AssertBytes(film.Bytes, 0, answer.Body, Film.Length);
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal((Film.Length, true), (receipt.BytesBySource.WebSeed, receipt.RejectedBytes > 0));
        await Eventually.IsTrueAsync(() => !banned.IsEmpty, "the liar is banned");
        Assert.Contains(liar.Authority, Assert.Single(banned), StringComparison.Ordinal);
        var asked = liar.Requests.Count;
        await node.GetAsync($"/torrents/{film.Infohash}", "Range: bytes=0-99");
        Assert.Equal(asked, liar.Requests.Count);
        Assert.InRange(liar.BytesSent, 1, Film.Length);
    }

    [Fact]
    public async Task ResourcesOwnUrl_IsTheOrigin_AndNotFetchedASecondTime()
    {
        await using var origin = new FilmOrigin(Hybrid);
        origin.Metafile = With(Hybrid, origin.Url, $"http://{origin.Authority}/other/film.mp4");
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();

        var asked = node.GetAsync(origin.Url);
        await gate.Reached;
        await node.HasTreeAsync(origin.Url, Core.Authority.CleartextTree);
        gate.Open();
        var answer = await asked;

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, answer.Body, Film.Length);
        Assert.Single(origin.Requests);
        Assert.DoesNotContain(origin.Others, r => r.Path == "/other/film.mp4");
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal((Film.Length, 0L), (receipt.BytesBySource.Origin, receipt.BytesBySource.WebSeed));
    }

    [Fact]
    public async Task MirrorThatRedirectsToTheOrigin_IsTheOrigin()
    {
        await using var origin = new FilmOrigin(Hybrid);
        await using var mirror = new FilmOrigin(Hybrid) { Answers = _ => FilmReply.Empty(302, $"Location: {origin.Url}") };
        origin.Metafile = With(Hybrid, mirror.Url);
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();
        var refused = node.Heard("webseed.refused");

        var asked = node.GetAsync(origin.Url);
        await gate.Reached;
        await Eventually.IsTrueAsync(() => !refused.IsEmpty, "the mirror is refused");
        gate.Open();
        var answer = await asked;

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(0, (await node.ReceiptAsync(answer)).BytesBySource.WebSeed);
        Assert.Contains("the origin itself", refused.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StalledOrigin_TheMirrorOfItsTorrentBringsTheRest_AsAPeersBytes()
    {
        await using var origin = new FilmOrigin(Hybrid);
        await using var mirror = new FilmOrigin(Hybrid);
        origin.Metafile = With(Hybrid, origin.Url, mirror.Url);
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync();

        var answer = await node.GetAsync(origin.Url);
        gate.Open();

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, answer.Body, Film.Length);
        var receipt = await node.ReceiptAsync(answer);
        Assert.True(receipt.BytesBySource.WebSeed > 2 << 20, $"{receipt.BytesBySource}");
        Assert.True(receipt.BytesVerified16k >= receipt.BytesBySource.WebSeed);
    }

    [Fact]
    public async Task CleartextMirror_OfAnHttpsResource_IsNotAsked()
    {
        using var authority = new TestAuthority();
        await using var origin = new FilmOrigin(Hybrid, authority.Leaf(TestNode.TlsHost));
        await using var clear = new FilmOrigin(Hybrid);
        await using var secret = new FilmOrigin(Hybrid, authority.Leaf(TestNode.TlsHost));
        await using var toClear = new FilmOrigin(Hybrid, authority.Leaf(TestNode.TlsHost)) { Answers = _ => FilmReply.Empty(302, $"Location: {clear.Url}") };
        origin.Metafile = With(Hybrid, clear.Url, Tls(toClear), Tls(secret));
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { TrustedRoots = authority.Roots });
        var refused = node.Heard("webseed.refused");

        var answer = await node.GetAsync(origin.GatewayPath);
        gate.Open();

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, answer.Body, Film.Length);
        Assert.True((await node.ReceiptAsync(answer)).BytesBySource.WebSeed > 0);
        Assert.Contains("cleartext", Assert.Single(refused), StringComparison.Ordinal);
        Assert.Equal(0, secret.Requests.Count(r => r.Field("Cookie") is not null));
        static string Tls(FilmOrigin server) => $"https://{TestNode.TlsHost}:{server.Port}{server.Path}";
    }

    [Theory]
    [InlineData("loopback")]
    [InlineData("itself")]
    [InlineData("redirect")]
    public async Task ForbiddenTarget_IsRefusedWithoutAByte(string where)
    {
        await using var inside = new FilmOrigin(Hybrid);
        await using var front = new FilmOrigin(Hybrid) { Answers = _ => FilmReply.Empty(302, $"Location: {inside.Url}") };
        await using var node = await TestNode.StartAsync(new() { AllowTargets = where switch { "loopback" => [], "itself" => ["127.0.0.0/8"], _ => [TestNode.TlsHost] } });
        var refused = node.Heard("webseed.refused");
        Give(node, Hybrid, where switch
        {
            "loopback" => inside.Url,
            "itself" => $"http://127.0.0.1:{node.EndPoint.Port}/torrents/{Hybrid.Infohash}",
            _ => front.Url.Replace("127.0.0.1", TestNode.TlsHost, StringComparison.Ordinal),
        });

        using var client = await node.ConnectAsync();
        await client.SendAsync(node.Request("GET", $"/torrents/{Hybrid.Infohash}"));
        await Eventually.IsTrueAsync(() => !refused.IsEmpty, "it is refused");

        Assert.Equal(0, inside.Connections);
    }

    [Fact]
    public async Task ServerWithoutRanges_AndOneThatLacksTheFile_AreGivenUp_AnotherDelivers()
    {
        await using var whole = new FilmOrigin(Hybrid) { Answers = _ => new(200, [$"Content-Length: {Film.Length}"], Hybrid.Bytes, 0, Film.Length) };
        await using var missing = new FilmOrigin(Hybrid) { Answers = _ => FilmReply.Empty(404) };
        await using var longer = new FilmOrigin(Hybrid) { File = [.. Hybrid.Bytes, 0] };
        await using var good = new FilmOrigin(Hybrid);
        await using var node = await TestNode.StartAsync();
        var left = node.Heard("webseed.left");
        Give(node, Hybrid, whole.Url, missing.Url, longer.Url, good.Url);

        var answer = await node.GetAsync($"/torrents/{Hybrid.Infohash}", "Range: bytes=1000000-");

        PermissionTests.AssertBytes(Hybrid.Bytes, 1_000_000, answer.Body, Film.Length - 1_000_000);
        Assert.Equal((1, 1, 1), (whole.Requests.Count, missing.Requests.Count, longer.Requests.Count));
        Assert.All(left, text => Assert.DoesNotContain(good.Authority, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TroubleOfTheServer_RestsLongerEachTime_ThenItIsAskedAgain()
    {
        var time = new FakeTime();
        await using var server = new FilmOrigin(Hybrid);
        server.Answers = r => r.Number switch { 1 or 2 => FilmReply.Empty(503), 3 => FilmReply.Broken, 4 => server.Honest(r) with { CutAfter = 5_000 }, _ => null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        Give(node, Hybrid, server.Url);

        var asked = node.GetAsync($"/torrents/{Hybrid.Infohash}", "Range: bytes=0-999999");
        var times = new List<long>();
        await Eventually.IsTrueAsync(
            () =>
            {
                if (server.Requests.Count > times.Count)
                {
                    times.Add(time.GetTimestamp());
                }

                time.Advance(TimeSpan.FromMilliseconds(100));
                return asked.IsCompleted;
            },
            "the answer");

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, (await asked).Body, 1_000_000);
        Assert.True(server.Requests.Count >= 5, $"{server.Requests.Count} requests");
        Assert.True(times[1] - times[0] >= TimeSpan.FromSeconds(1.9).Ticks && times[2] - times[1] >= TimeSpan.FromSeconds(3.9).Ticks, string.Join(", ", times));
    }

    [Fact]
    public async Task AnswersShorterThanAsked_AreAskedOn()
    {
        await using var server = new FilmOrigin(Hybrid);
        server.Answers = r =>
        {
            var count = (int)Math.Min(100_000, r.Range!.Value.Last!.Value - r.First + 1);
            return new(206, [$"Content-Length: {count}", $"Content-Range: bytes {r.First}-{r.First + count - 1}/{Film.Length}"], Hybrid.Bytes, (int)r.First, count);
        };
        await using var node = await TestNode.StartAsync();
        Give(node, Hybrid, server.Url);

        var answer = await node.GetAsync($"/torrents/{Hybrid.Infohash}");

        PermissionTests.AssertBytes(Hybrid.Bytes, 0, answer.Body, Film.Length);
    }

    [Fact]
    public async Task DeadWebSeedAlone_ResponseEnds_AndNothingIsServed()
    {
        var time = new FakeTime();
        await using var server = new FilmOrigin(Hybrid) { Answers = _ => FilmReply.Empty(503) };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        Give(node, Hybrid, server.Url);

        var asked = node.TryGetAsync($"/torrents/{Hybrid.Infohash}");
        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                return asked.IsCompleted;
            },
            "the end");

        Assert.Empty((await asked).Body);
        Assert.InRange(server.Requests.Count, 1, 8);
    }

    private static void Give(TestNode node, Film film, params string[] webSeeds) =>
        node.Engine.AddTorrent(film.Torrent.WithHints([], [.. webSeeds]), givenByUser: true);

    private static byte[] With(Film film, params string[] webSeeds) => MetainfoWriter.Write(film.Torrent.WithHints([], [.. webSeeds]));

    private static FilmOrigin Serving(Film film, params (string Path, byte[] File)[] files) => new(film)
    {
        Path = "/none",
        OtherAnswers = r => files.FirstOrDefault(f => f.Path == r.Path).File is { } file ? FilmReply.Of(file, r) : FilmReply.Empty(404),
    };
}
