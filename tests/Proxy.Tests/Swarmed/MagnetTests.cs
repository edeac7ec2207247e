using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Magnets on a whole node: the metadata comes from peers, and from nobody who lies.</summary>
public sealed class MagnetTests
{
    private static readonly Film V1 = Film.Make(51, format: MetainfoFormat.V1);
    private static readonly Film V2 = Film.Make(52, format: MetainfoFormat.V2);
    private static readonly Film Hybrid = Film.Make(53);

    // 20,000 bytes of piece hashes: the metadata has two pieces.
    private static readonly Film Long = Film.Make(54, length: 1_000 * 16_384, format: MetainfoFormat.V1, pieceLength: 16_384);

    [Theory]
    [InlineData("v1", "btih")]
    [InlineData("v2", "btmh")]
    [InlineData("hybrid", "btih")]
    [InlineData("hybrid", "btmh")]
    [InlineData("hybrid", "both")]
    [InlineData("long", "btih")]
    public async Task Topic_OfAPeer_IsResolvedAndServed(string kind, string topic)
    {
        var film = kind switch { "v1" => V1, "v2" => V2, "long" => Long, _ => Hybrid };
        await using var seed = new SeedPeer(film);
        await using var node = await TestNode.StartAsync();
        var magnet = Magnet(film, topic, $"&x.pe={seed.Address}");
        Assert.Null(node.Engine.AddMagnet(magnet));

        var answer = await node.GetAsync($"/torrents/{magnet.InfoHash.Id}", "Range: bytes=100000-499999");

        Assert.Equal(206, answer.Status);
        PermissionTests.AssertBytes(film.Bytes, 100_000, answer.Body, 400_000);
        Assert.Empty(node.Engine.Magnets);
        Assert.Equal(film.Infohash, node.Engine.FindTorrent(magnet.InfoHash.Id)!.Metainfo.InfoHash.Id);
    }

    [Fact]
    public async Task LyingAndMutePeers_AmongOneGood_AreSurvived()
    {
        await using var wrong = new SeedPeer(V1, new() { AlterMetadata = info => [.. info[..^2], (byte)(info[^2] ^ 1), info[^1]] }, host: "127.0.0.2");
        await using var huge = new SeedPeer(V1, new() { MetadataBytes = 1 << 30 }, host: "127.0.0.3");
        await using var endless = new SeedPeer(V1, new() { MetadataBytes = long.MaxValue }, host: "127.0.0.4");
        await using var mute = new SeedPeer(V1, new() { IsMute = true }, host: "127.0.0.5");
        await using var none = new SeedPeer(V1, new() { MetadataBytes = 0 }, host: "127.0.0.6");
        await using var longer = new SeedPeer(V1, new() { AlterMetadata = info => [.. info, .. info] }, host: "127.0.0.7");
        await using var good = new SeedPeer(V1, host: "127.0.0.8");
        await using var node = await TestNode.StartAsync();
        SeedPeer[] seeds = [wrong, huge, endless, mute, none, longer, good];
        Assert.Null(node.Engine.AddMagnet(Magnet(V1, "btih", string.Concat(seeds.Select(s => $"&x.pe={s.Address}")))));

        var torrent = await node.Engine.ResolveAsync(V1.Infohash, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(V1.Infohash, torrent?.Metainfo.InfoHash.Id);
        Assert.Equal(0, huge.MetadataRequests + endless.MetadataRequests + none.MetadataRequests);
    }

    [Fact]
    public async Task OnlyLiars_NothingIsBelieved_503AndRetryAfter()
    {
        var time = new FakeTime();
        await using var wrong = new SeedPeer(V1, new() { AlterMetadata = info => [.. info[..^2], (byte)(info[^2] ^ 1), info[^1]] });
        await using var node = await TestNode.StartAsync(new() { Time = time });
        node.Engine.AddMagnet(Magnet(V1, "btih", $"&x.pe={wrong.Address}"));

        var asked = node.GetAsync($"/torrents/{V1.Infohash}");
        await Harness.Eventually.IsTrueAsync(() => wrong.MetadataRequests == 1, "the liar is asked");
        await Harness.Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return asked.IsCompleted;
            },
            "the answer");
        var answer = await asked;

        Assert.Equal(503, answer.Status);
        Assert.Equal("5", answer.Field("Retry-After"));
        Assert.Equal(1, wrong.MetadataRequests); // never asked again
        Assert.Null(node.Engine.FindTorrent(V1.Infohash));
    }

    [Fact]
    public async Task Source_ThatTheMagnetNames_GivesTheMetafile_OfThisTorrentOnly()
    {
        await using var right = new FilmOrigin(V1);
        await using var other = new FilmOrigin(Hybrid);
        await using var node = await TestNode.StartAsync();
        node.Engine.AddMagnet(Magnet(V1, "btih", $"&xs=http://127.0.0.1:{other.Port}/film.torrent&xs=http://127.0.0.1:{right.Port}/film.torrent"));

        var torrent = await node.Engine.ResolveAsync(V1.Infohash, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(V1.Infohash, torrent?.Metainfo.InfoHash.Id);
        Assert.Null(node.Engine.FindTorrent(Hybrid.Infohash));
    }

    [Fact]
    public void Written_AsAMetafile_ReadsAsTheSameTorrent()
    {
        foreach (var film in new[] { V1, V2, Hybrid })
        {
            var hinted = film.Torrent.WithHints([["http://tracker.test/announce"]], ["http://seed.test/film.mp4"]);
            Assert.True(Metainfo.TryParse(MetainfoWriter.Write(hinted), out var again, out var error), error?.ToString());
            Assert.Equal(film.Torrent.InfoHash, again.InfoHash);
            Assert.Equal(["http://tracker.test/announce"], again.TrackerTiers.Single());
            Assert.Equal(["http://seed.test/film.mp4"], again.WebSeeds);
            Assert.Equal(film.Torrent.HasPieceHashes(0), again.HasPieceHashes(0));
        }
    }

    private static Bep53Magnet Magnet(Film film, string topic, string more)
    {
        var hash = film.Torrent.InfoHash;
        var v1 = $"&xt=urn:btih:{hash.V1Hex}";
        var v2 = $"&xt=urn:btmh:1220{hash.V2}";
        var text = "magnet:?dn=film" + (topic switch { "btih" => v1, "btmh" => v2, _ => v1 + v2 }) + more;
        Assert.True(Bep53Magnet.TryParse(text, out var magnet, out var error), error);
        return magnet;
    }
}
