using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>Who else has a torrent's bytes over HTTP: web seeds of its metainfo, mirrors that origins name.</summary>
public sealed class WebSeedsTests
{
    [Fact]
    public async Task Mirrors_AreKnownOnce_AndEndlessListsOfThemAreBounded()
    {
        await using var node = new TestNode();
        var torrent = TestTorrent.Of(TestTorrent.Bytes(64 << 10)).WithHints([], ["http://seed.example/film"]);
        var seeds = new WebSeeds(node.Context, node.Loop(torrent.Layout, torrent.InfoHash), torrent, () => null);

        seeds.AddMirrors(0, ["http://seed.example/film", "http://a.example/x", "http://a.example/x"]);
        Assert.Equal([("seed.example", "webseed", "idle"), ("a.example", "mirror", "idle")], seeds.Snapshot.Select(s => (s.Address, s.Kind, s.State)));

        for (var i = 0; i < 50; i++)
        {
            seeds.AddMirrors(0, [.. Enumerable.Range(0, 8).Select(n => $"https://m{i}-{n}.example/film")]);
        }

        Assert.Equal(32, seeds.Snapshot.Count(s => s.Kind == "mirror"));
        Assert.False(seeds.MayHelp); // nobody has given a way to ask them
    }

    [Fact]
    public void Mirror_HasOneFile_UnderItsOwnUrl_AWebSeedAll()
    {
        var torrent = TestTorrent.Of(TestTorrent.Bytes(64 << 10));
        var (mirror, seed) = (HttpSeed.Mirror("http://m.example/other-name", 1), HttpSeed.WebSeed("http://w.example/dir/"));

        Assert.Equal((false, true, true, true), (mirror.Has(0), mirror.Has(1), seed.Has(0), seed.Has(1)));
        Assert.Equal("http://m.example/other-name", mirror.UrlOf(torrent, 0));
        Assert.Equal($"http://w.example/dir/{torrent.EscapedName}", seed.UrlOf(torrent, 0));
        Assert.Equal((SourceKind.Mirror, SourceKind.WebSeed), (mirror.Kind, seed.Kind));
    }
}
