using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Swarmed;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Link on a redirect that the client follows (RFC 6249 §4): whom it serves, for how long, and whom not.</summary>
public sealed class RedirectLinkTests
{
    private const string TorrentLink = "Link: </film.torrent>; rel=describedby; type=\"application/x-bittorrent\"";

    private static readonly Film Film = Film.Make(13);

    [Fact]
    public async Task ClientThatFollows_JoinsTheSwarmOfTheRedirect_OnItsOwnPermission()
    {
        await using var seed = new SeedPeer(Film);
        await using var mirror = new FilmOrigin(Film) { Link = null, Path = "/pub/film.mp4" };
        await using var site = Site(mirror);
        var gate = PeerBytesTests.Stall(mirror, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var redirect = await node.GetAsync(site.Url);
        var answer = await node.GetAsync(mirror.Url);

        Assert.Equal((302, mirror.Url), (redirect.Status, redirect.Field("Location")));
        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        gate.Open();
        Assert.True((await node.ReceiptAsync(answer)).BytesBySource.Peer > 1 << 20);
        Assert.Single(mirror.Requests, r => r.Range is null); // the mirror was asked by this very request
        Assert.Equal(Film.Infohash, node.Known(mirror.Url).Version.Infohash);
        Assert.Equal(Core.Authority.CleartextTree, node.Known(mirror.Url).Version.Authority);
    }

    [Fact]
    public async Task MirrorThatDenies_Is403_ThoughPeersHaveIt()
    {
        await using var seed = new SeedPeer(Film);
        await using var mirror = new FilmOrigin(Film) { Link = null, Path = "/pub/film.mp4" };
        await using var site = Site(mirror);
        mirror.Answers = _ => FilmReply.Empty(403);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        await node.GetAsync(site.Url);

        Assert.Equal(403, (await node.GetAsync(mirror.Url)).Status);
        Assert.Empty(site.Others); // not even the metafile was asked for
    }

    [Theory]
    [InlineData(61, new[] { "*" })] // forgotten
    [InlineData(0, new[] { "other.test" })] // the user listed neither
    public async Task LinkThatDoesNotCount_JoinsNothing(int seconds, string[] swarmHosts)
    {
        var time = new FakeTime();
        await using var mirror = new FilmOrigin(Film) { Link = null, Path = "/pub/film.mp4" };
        await using var site = Site(mirror);
        await using var node = await TestNode.StartAsync(new() { Time = time, SwarmHosts = swarmHosts });
        await node.GetAsync(site.Url);
        time.Advance(TimeSpan.FromSeconds(seconds));

        PermissionTests.AssertBytes(Film.Bytes, 0, (await node.GetAsync(mirror.Url)).Body, Film.Length);

        Assert.Empty(site.Others);
        Assert.Null(node.Known(mirror.Url).Version.Infohash);
    }

    [Theory]
    [InlineData("Link: </f.torrent>; rel=describedby; type=\"application/x-bittorrent\"", "http://a.example/f.torrent", 0)]
    [InlineData("Link: <https://m.example/f>; rel=duplicate; pri=1, <https://n.example/f>; rel=duplicate; pri=2", null, 2)]
    public void Book_IsForOneClientAndOneUrl_AndForgets(string link, string? metafile, int duplicates)
    {
        var time = new FakeTime();
        var book = new RedirectLinks(time);
        Note(book, "1.1.1.1", "http://a.example/f", "Location: http://b.example/f#part", link);

        var found = book.Find("1.1.1.1", "http://b.example/f")!;
        Assert.Equal(("a.example", "http://a.example/f", duplicates), (found.Host, found.Url, found.Links.Duplicates.Count));
        Assert.Equal(metafile is null ? [] : [metafile], found.Links.Metafiles);
        Assert.Null(book.Find("2.2.2.2", "http://b.example/f"));
        Assert.Null(book.Find("1.1.1.1", "http://b.example/g"));
        time.Advance(RedirectLinks.Remembered);
        Assert.Null(book.Find("1.1.1.1", "http://b.example/f"));
    }

    [Fact]
    public void Book_HoldsTheNewest1024()
    {
        var time = new FakeTime();
        var book = new RedirectLinks(time);
        for (var i = 0; i <= RedirectLinks.EntriesMax; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            Note(book, "c", "http://a.example/f", $"Location: http://b.example/{i}", TorrentLink);
        }

        Assert.Null(book.Find("c", "http://b.example/0"));
        Assert.NotNull(book.Find("c", "http://b.example/1"));
        Assert.NotNull(book.Find("c", $"http://b.example/{RedirectLinks.EntriesMax}"));
    }

    private static FilmOrigin Site(FilmOrigin mirror)
    {
        var site = new FilmOrigin(Film);
        site.Answers = _ => FilmReply.Empty(302, $"Location: {mirror.Url}", TorrentLink, $"Link: <{mirror.Url}>; rel=duplicate; pri=1");
        return site;
    }

    private static void Note(RedirectLinks book, string client, string url, params string[] fields)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target));
        var all = new HttpFields();
        foreach (var field in fields)
        {
            all.Add(field[..field.IndexOf(':', StringComparison.Ordinal)], field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        }

        book.Note(client, target, new(302, "", all, Stream.Null, target, null, Stream.Null));
    }
}
