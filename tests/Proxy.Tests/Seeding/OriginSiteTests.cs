using System.Security.Cryptography;
using Swarm.Protocol;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary><c>seed --origin</c>: what streams through becomes torrents, once, and only what the origin lets everybody have.</summary>
public sealed class OriginSiteTests
{
    private static readonly Film Film = Film.Make(61);
    private static readonly Film Newer = Film.Make(62);

    [Fact]
    public async Task WholeVisit_MakesTheTorrent_WithoutAByteMoreFromTheOrigin()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => r.Field("If-None-Match") == origin.ETag ? FilmReply.Empty(304, $"ETag: {origin.ETag}") : null;
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}", "--web-seed", "http://files.example/");

        var first = await node.GetAsync("/film.mp4");
        Assert.Equal(200, first.Status);
        Assert.Equal(Film.Bytes, first.Body);
        Assert.Null(first.Field("Swarm-Receipt"));
        Assert.Null(first.Field("Link"));
        var published = await node.PublishedAsync("film.mp4");
        Assert.Equal(Film.Torrent.InfoHash.V2!.Value.ToString(), published.GetProperty("infohash_v2").GetString());
        Assert.Equal("http://files.example/.swarm/film.mp4.torrent", published.GetProperty("torrent_url").GetString());

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var next = await node.AskAsync(method, "/film.mp4");
            Assert.Equal((200, "\"v1\""), (next.Status, next.Field("ETag")));
            Assert.Equal("</.swarm/film.mp4.torrent>; rel=describedby; type=\"application/x-bittorrent\"", next.Field("Link"));
            Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(Film.Bytes))}:", next.Field("Repr-Digest"));
            Assert.Equal(method == "GET" ? Film.Bytes : [], next.Body);
        }

        var part = await node.GetAsync("/film.mp4", "Range: bytes=100-199");
        Assert.Equal((206, true), (part.Status, part.Has("Link")));
        Assert.Equal(Film.Bytes[100..200], part.Body);
        Assert.Equal(304, (await node.GetAsync("/film.mp4", "If-None-Match: \"v1\"")).Status);
        Assert.Equal(Film.Length, origin.BytesSent);

        var torrent = await node.GetAsync("/.swarm/film.mp4.torrent");
        Assert.True(Metainfo.TryParse(torrent.Body, out var parsed, out _));
        Assert.Equal(Film.Torrent.InfoHash, parsed.InfoHash);
        Assert.Equal(["http://files.example/film.mp4"], parsed.WebSeeds);
        Assert.Equal("application/x-bittorrent", torrent.Field("Content-Type"));
        Assert.Equal(304, (await node.GetAsync("/.swarm/film.mp4.torrent", $"If-None-Match: {torrent.Field("ETag")}")).Status);
        Assert.Equal(404, (await node.GetAsync("/.swarm/other.mp4.torrent")).Status);
        Assert.Equal(405, (await node.AskAsync("DELETE", "/.swarm/film.mp4.torrent")).Status);
    }

    [Fact]
    public async Task VisitorsAtOnce_AreOneFetch()
    {
        const int visitors = 8;
        await using var origin = new FilmOrigin(Film) { Link = null };
        var gate = PeerBytesTests.Stall(origin, 256 << 10);
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");

        await node.GetAsync("/warm"); // what is compiled at the first request takes no part in who waits for whom
        var all = Enumerable.Range(0, visitors).Select(_ => node.GetAsync("/film.mp4")).ToList();
        await gate.Reached;
        gate.Open();

        foreach (var answer in await Task.WhenAll(all))
        {
            Assert.Equal(Film.Bytes, answer.Body);
        }

        Assert.InRange(origin.BytesSent, Film.Length, Film.Length * 13 / 10);
        await node.PublishedAsync("film.mp4");
    }

    [Fact]
    public async Task VisitorWhoDoesNotReadOn_HoldsUpNobody()
    {
        var film = Film.Make(63, length: 24 << 20);
        await using var origin = new FilmOrigin(film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        using var idle = await RawClient.ConnectAsync(node.EndPoint, receiveBufferBytes: 8 << 10);
        await idle.SendAsync($"GET /film.mp4 HTTP/1.1\r\nHost: {node.EndPoint}\r\n\r\n");
        await idle.ReadHeadAsync();

        Assert.Equal(film.Bytes, (await node.GetAsync("/film.mp4")).Body);
        Assert.InRange(origin.BytesSent, film.Bytes.Length, film.Bytes.Length * 13L / 10);
    }

    /// <summary>A target that is neither a path nor has <c>://</c> would continue the host's name: <c>http://site.example</c> and <c>evil.example:80/</c>.</summary>
    [Theory]
    [InlineData("evil.example:80/x")]
    [InlineData(".evil.example/x")]
    [InlineData("@evil.example/x")]
    [InlineData(":81/x")]
    [InlineData("")]
    public void WhatIsNoPath_HasNoTarget(string path)
    {
        var plan = new OriginPlan([Target("http://site.example")], [], SiteAddress.TryParse(null, out _)!, [], 0, [], new RecordingReport());

        Assert.Null(plan.TargetOf(path));
        Assert.Equal("http://site.example/x", plan.TargetOf("/x")!.Url);
    }

    [Fact]
    public async Task OriginTakesItBackWhileItIsHashed_ItIsNeverATorrent()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        var half = Film.Length / 2 / 65536 * 65536;
        await node.GetAsync("/film.mp4", $"Range: bytes=0-{half - 1}");
        origin.Answers = r => r.Field("Authorization") is null ? FilmReply.Empty(403) : FilmReply.Of(Film.Bytes, r, $"ETag: {origin.ETag}", "Cache-Control: public");
        Assert.Equal(403, (await node.GetAsync("/film.mp4", "Cache-Control: no-cache")).Status);

        // Who may have it brings the rest.
        Assert.Equal(200, (await node.GetAsync("/film.mp4", "Authorization: Basic eDp5")).Status);
        origin.OtherAnswers = r => r.Path == "/next.mp4" ? FilmReply.Of(Newer.Bytes, r, "ETag: \"n\"") : null;
        await node.GetAsync("/next.mp4");
        await node.PublishedAsync("next.mp4");

        Assert.DoesNotContain(node.Events("published"), e => e.GetProperty("path").GetString() == "film.mp4");
    }

    [Fact]
    public async Task RangedVisits_MakeTheTorrentOnceAllIsHere()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        var half = Film.Length / 2 / 65536 * 65536;

        Assert.Equal(Film.Bytes[half..], (await node.GetAsync("/film.mp4", $"Range: bytes={half}-")).Body);
        Assert.Empty(node.Events("published"));
        Assert.Equal(Film.Bytes[..half], (await node.GetAsync("/film.mp4", $"Range: bytes=0-{half - 1}")).Body);

        var published = await node.PublishedAsync("film.mp4");
        Assert.Equal(Film.Torrent.InfoHash.V1Hex, published.GetProperty("infohash_v1").GetString());
        Assert.InRange(origin.BytesSent, Film.Length, Film.Length * 11 / 10);
    }

    [Fact]
    public async Task PeerGetsTheFile_UnderItsInfohash_UntilTheOriginHasAnother()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        await node.GetAsync("/film.mp4");
        await node.PublishedAsync("film.mp4");
        Assert.True(await node.TakesAsync(Film.Torrent.InfoHash));
        await using (var elsewhere = await TestNode.StartAsync(new() { Torrents = [Film], PeerNodes = [node.Peer] }))
        {
            Assert.Equal(Film.Bytes, (await elsewhere.GetAsync($"/torrents/{Film.Infohash}")).Body);
        }

        (origin.File, origin.ETag) = (Newer.Bytes, "\"v2\"");
        var changed = await node.GetAsync("/film.mp4", "Cache-Control: no-cache");
        Assert.Equal(Newer.Bytes, changed.Body);
        Assert.False(changed.Has("Link"));
        Assert.Equal("it changed", Assert.Single(node.Events("retired")).GetProperty("why").GetString());
        var again = await node.PublishedAsync("film.mp4", 2);
        Assert.Equal(Newer.Torrent.InfoHash.V2!.Value.ToString(), again.GetProperty("infohash_v2").GetString());

        Assert.False(await node.TakesAsync(Film.Torrent.InfoHash));
        Assert.True(await node.TakesAsync(Newer.Torrent.InfoHash));
    }

    [Theory]
    [InlineData(404, "the origin no longer has it")]
    [InlineData(403, "the origin no longer gives it to everybody")]
    public async Task WhatTheOriginTakesBack_IsRetired(int status, string why)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        await node.GetAsync("/film.mp4");
        await node.PublishedAsync("film.mp4");

        origin.Answers = r => r.Field("Authorization") is null ? FilmReply.Empty(status) : null;
        Assert.Equal(200, (await node.GetAsync("/film.mp4", "Authorization: Basic eDp5")).Status);
        Assert.Empty(node.Events("retired"));
        Assert.Equal(status, (await node.GetAsync("/film.mp4", "Cache-Control: no-cache")).Status);

        Assert.Equal(why, Assert.Single(node.Events("retired")).GetProperty("why").GetString());
        Assert.Equal(404, (await node.GetAsync("/.swarm/film.mp4.torrent")).Status);
    }

    [Theory]
    [InlineData("Cache-Control: no-store", "")]
    [InlineData("Cache-Control: private", "")]
    [InlineData("Set-Cookie: a=b", "")]
    [InlineData("Vary: Cookie", "")]
    [InlineData("X-Nothing: 1", "Cookie: a=b")]
    [InlineData("X-Nothing: 1", "Authorization: Basic eDp5")]
    [InlineData("X-Nothing: 1", "X-Api-Key: 1")]
    public async Task WhatIsNotForEverybody_IsPassedOn_AndNeverATorrent(string answer, string request)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.OtherAnswers = r => r.Path == "/private.mp4" ? FilmReply.Of(Newer.Bytes, r, "ETag: \"p\"", answer) : null;
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");

        var lines = request.Length > 0 ? new[] { request } : [];
        Assert.Equal(Newer.Bytes, (await node.GetAsync("/private.mp4", lines)).Body);
        Assert.Equal(Newer.Bytes, (await node.GetAsync("/private.mp4", lines)).Body);
        await node.GetAsync("/film.mp4");
        await node.PublishedAsync("film.mp4");

        Assert.Equal("film.mp4", Assert.Single(node.Events("published")).GetProperty("path").GetString());
        Assert.False((await node.GetAsync("/private.mp4", lines)).Has("Link"));
    }

    [Fact]
    public async Task DateAlone_GetsATagOfTheBytes_ThatConditionsMayUse()
    {
        const string date = "Last-Modified: Sun, 01 Nov 2026 00:00:00 GMT";
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => r.Field("If-Modified-Since") is not null
            ? FilmReply.Empty(304, date, "Date: Sun, 22 Nov 2026 00:00:00 GMT")
            : FilmReply.Of(Film.Bytes, r, date, "Date: Sun, 22 Nov 2026 00:00:00 GMT");
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        Assert.Null((await node.GetAsync("/film.mp4")).Field("ETag"));
        await node.PublishedAsync("film.mp4");

        var next = await node.GetAsync("/film.mp4", "Range: bytes=0-9");
        var tag = next.Field("ETag")!;
        Assert.Equal($"\"{Film.Torrent.Layout.Files[0].PiecesRoot}\"", tag);
        Assert.Equal(304, (await node.GetAsync("/film.mp4", $"If-None-Match: {tag}")).Status);
        var part = await node.GetAsync("/film.mp4", $"If-Range: {tag}", "Range: bytes=5-9");
        Assert.Equal(206, part.Status);
        Assert.Equal(Film.Bytes[5..10], part.Body);
    }

    [Fact]
    public async Task Page_ListsWhatCanBeHad_WithNamesEscaped()
    {
        const string path = "/a%3Cb%3E%26'%22.mp4";
        await using var origin = new FilmOrigin(Film) { Link = null, Path = path };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}");
        Assert.Contains("No file is a torrent yet", (await node.GetAsync("/.swarm/")).Text, StringComparison.Ordinal);
        await node.GetAsync(path);
        var published = await node.PublishedAsync("a<b>&'\".mp4");

        var page = await node.GetAsync("/.swarm/");
        Assert.Equal("text/html; charset=utf-8", page.Field("Content-Type"));
        Assert.StartsWith("default-src 'none'", page.Field("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("a&lt;b&gt;&amp;&#39;&quot;.mp4</a>", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("a<b>", page.Text, StringComparison.Ordinal);
        Assert.Contains(published.GetProperty("magnet").GetString()!.Replace("&", "&amp;", StringComparison.Ordinal), page.Text, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(async () => (await node.GetAsync("/.swarm/")).Text.Contains("1 download here, 3.00 MiB: 100 % as the origin sent it", StringComparison.Ordinal), "the download's receipt is on the page");
        Assert.Equal(200, (await node.GetAsync($"/.swarm{path}.torrent")).Status);
    }

    [Fact]
    public async Task ThePort_IsTheSite_AndNoProxy()
    {
        await using var elsewhere = new FilmOrigin(Newer) { Path = "/secret.mp4" };
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.OtherAnswers = r => r.Path == "/moved"
            ? FilmReply.Empty(302, $"Location: http://{origin.Authority}/there?a=b", $"X-Seen: {r.Field("X-Forwarded-For")} {r.Field("X-Forwarded-Host")} {r.Field("X-Forwarded-Proto")} {r.Field("Forwarded")}")
            : FilmReply.Empty(404);
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}", "--allow-target", "127.0.0.0/8");

        Assert.Equal(404, (await node.GetAsync(elsewhere.Url)).Status); // asked of the site, whatever host it names
        Assert.Equal(405, (await RawClient.ExchangeAsync(node.EndPoint, $"CONNECT {elsewhere.Authority} HTTP/1.1\r\nHost: {elsewhere.Authority}\r\n\r\n")).Status);
        Assert.Equal(404, (await node.GetAsync($"/gateway/http/{elsewhere.Authority}/secret.mp4")).Status);
        Assert.Equal(404, (await node.GetAsync($"/torrents/{Film.Infohash}")).Status);
        Assert.Empty(elsewhere.Requests);
        Assert.Equal(400, (await node.AskAsync("OPTIONS", "*")).Status);

        var moved = await node.GetAsync("/moved", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: for=1.2.3.4");
        Assert.Equal((302, "/there?a=b"), (moved.Status, moved.Field("Location")));
        Assert.Equal("127.0.0.1  http", moved.Field("X-Seen")); // no host: nobody trustworthy has said one
    }

    [Theory]
    [InlineData("files.example", "--web-seed", "http://files.example/")]
    [InlineData("")]
    [InlineData("said.example", "--trust-proxies", "127.0.0.0/8")]
    public async Task OriginIsToldTheSitesName_NotOneThatAVisitorInvents(string seen, params string[] flags)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.OtherAnswers = r => FilmReply.Empty(404, $"X-Seen: {r.Field("X-Forwarded-Host")}");
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}", flags);

        var answer = await RawClient.ExchangeAsync(node.EndPoint, "GET /a HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: said.example\r\n\r\n");
        Assert.Equal(seen, answer.Field("X-Seen") ?? "");
    }

    [Fact]
    public async Task TrustedProxy_SaysWhoAsks_InTheAccessLogToo()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.OtherAnswers = r => FilmReply.Empty(404, $"X-Seen: {r.Field("X-Forwarded-For")} {r.Field("X-Forwarded-Proto")}");
        string log;
        await using (var node = await SiteNode.StartAsync($"http://{origin.Authority}", "--trust-proxies", "127.0.0.0/8", "--access-log", "access.log"))
        {
            var answer = await node.GetAsync("/a", "X-Forwarded-For: 9.9.9.9, 192.0.2.7", "X-Forwarded-Proto: https");
            Assert.Equal("9.9.9.9, 192.0.2.7, 127.0.0.1 https", answer.Field("X-Seen"));
            log = Path.Combine(node.Root, "access.log");
            await Eventually.IsTrueAsync(() => File.Exists(log) && File.ReadAllText(log).Contains("GET /a ", StringComparison.Ordinal), "the request is logged");
            Assert.StartsWith("192.0.2.7 ", File.ReadAllText(log), StringComparison.Ordinal); // 9.9.9.9 is what 192.0.2.7 said, which nobody trusts
        }
    }

    [Fact]
    public async Task OriginThatFails_Is502_AndAnotherOfItsKindStandsIn()
    {
        await using var down = new FilmOrigin(Film) { Link = null };
        down.Answers = _ => FilmReply.Broken;
        await using (var alone = await SiteNode.StartAsync($"http://{down.Authority}"))
        {
            var answer = await alone.GetAsync("/film.mp4");
            Assert.Equal(502, answer.Status);
            Assert.Contains("error=", answer.Field("Proxy-Status"), StringComparison.Ordinal);
        }

        await using var well = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{down.Authority}", "--origin", $"http://{well.Authority}");
        Assert.Equal(Film.Bytes, (await node.GetAsync("/film.mp4")).Body);
        await node.PublishedAsync("film.mp4");
        Assert.Equal(Film.Length, well.BytesSent);
    }

    [Fact]
    public async Task OwnTracker_IsInTheTorrent_ByOneFlag_AndKnowsTheSeed()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}", "--tracker-listen", "127.0.0.1:0");
        await node.GetAsync("/film.mp4");
        await node.PublishedAsync("film.mp4");
        Assert.True(Metainfo.TryParse((await node.GetAsync("/.swarm/film.mp4.torrent")).Body, out var torrent, out _));
        var announce = torrent.TrackerTiers.SelectMany(static t => t).Single(static t => t.StartsWith("http:", StringComparison.Ordinal));
        Assert.Contains(torrent.TrackerTiers.SelectMany(static t => t), t => t == announce.Replace("http:", "udp:", StringComparison.Ordinal));

        var hash = string.Concat(Convert.FromHexString(Film.Torrent.InfoHash.V1Hex!).Select(static b => $"%{b:x2}"));
        var url = new Uri(announce);
        var answer = await RawClient.ExchangeAsync(
            System.Net.IPEndPoint.Parse(url.Authority),
            $"GET {url.AbsolutePath}?info_hash={hash}&peer_id=-XX0001-abcdefghijkl&port=9999&uploaded=0&downloaded=0&left=1&compact=1 HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("failure", answer.Text, StringComparison.Ordinal);
        var peer = System.Net.IPEndPoint.Parse(node.Peer);
        byte[] compact = [.. peer.Address.GetAddressBytes(), (byte)(peer.Port >> 8), (byte)peer.Port];
        Assert.True(answer.Body.AsSpan().IndexOf(compact) >= 0, answer.Text);
    }

    [Fact]
    public async Task ThreeNodes_AreOneSwarm_AndOneFetch()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var first = await SiteNode.StartAsync($"http://{origin.Authority}", "--tracker-listen", "127.0.0.1:0", "--allow-target", "127.0.0.0/8");
        await first.GetAsync("/film.mp4");
        await first.PublishedAsync("film.mp4");

        // From here on the origin sends little of an answer and no more: what completes a file is the first node, found by its tracker.
        var never = new Gate();
        origin.BeforeBytes = (r, at, cancel) => at - r.First >= 128 << 10 ? never.PassAsync(cancel) : Task.CompletedTask;
        string[] flags = ["--sibling", first.Url, "--allow-target", "127.0.0.0/8"];
        await using var second = await SiteNode.StartAsync($"http://{origin.Authority}", flags);
        await using var third = await SiteNode.StartAsync($"http://{origin.Authority}", flags);
        foreach (var node in new[] { second, third })
        {
            Assert.Equal(Film.Bytes, (await node.GetAsync("/film.mp4")).Body);
            Assert.Equal(Film.Torrent.InfoHash.V1Hex, (await node.PublishedAsync("film.mp4")).GetProperty("infohash_v1").GetString());
            Assert.True(await node.TakesAsync(Film.Torrent.InfoHash));
        }

        Assert.InRange(origin.BytesSent, Film.Length, Film.Length * 13 / 10);
    }

    [Fact]
    public async Task SiblingWithAnOlderVersion_IsNotFollowed()
    {
        await using var older = new FilmOrigin(Newer) { Link = null };
        await using var sibling = await SiteNode.StartAsync($"http://{older.Authority}");
        await sibling.GetAsync("/film.mp4");
        await sibling.PublishedAsync("film.mp4");
        await using var origin = new FilmOrigin(Film) { Link = null, ETag = "\"v2\"" };
        await using var node = await SiteNode.StartAsync($"http://{origin.Authority}", "--sibling", sibling.Url);

        Assert.Equal(Film.Bytes, (await node.GetAsync("/film.mp4")).Body);
        Assert.Equal(Film.Torrent.InfoHash.V1Hex, (await node.PublishedAsync("film.mp4")).GetProperty("infohash_v1").GetString());
    }

    private static OriginTarget Target(string url) => OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target) ? target : throw new ArgumentException(url);
}
