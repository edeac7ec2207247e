using System.Net;
using System.Text.Json;
using Swarm.Protocol;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary><c>seed --root</c> with a whole node: what scripts read, what is served, and what is refused.</summary>
public sealed class SeedVerbTests : IDisposable
{
    private readonly CliHarness _cli = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    public void Dispose()
    {
        _http.Dispose();
        _cli.Dispose();
    }

    [Fact]
    public async Task File_IsServedUnderItsInfohash_UntilItChanges()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var film = new byte[3_000_000];
        new Random(5).NextBytes(film);
        var path = Write("www/film.mp4", film);
        var running = _cli.RunAsync(ProgramParts.All, Arguments("--json", "--nginx", "--web-seed", "https://files.example/"));
        var ready = await _cli.ReadyAsync();
        Assert.Matches(@"^READY proxy=http://127\.0\.0\.1:\d+ control=http://127\.0\.0\.1:\d+ peer=127\.0\.0\.1:\d+ share=seed hosts=0$", ready);
        Assert.StartsWith("# swarmstream seed:", _cli.Out.Text, StringComparison.Ordinal);

        await Eventually.IsTrueAsync(() => Events("published").Length == 1, "the film is published");
        var published = Events("published")[0];
        Assert.Equal("film.mp4", published.GetProperty("path").GetString());
        Assert.Equal("https://files.example/.swarm/film.mp4.torrent", published.GetProperty("torrent_url").GetString());
        var url = new Uri($"{ready.Split(' ')[1]["proxy=".Length..]}/torrents/{published.GetProperty("infohash_v2").GetString()}");
        Assert.Equal(film, await _http.GetByteArrayAsync(url, cancellation));

        film[1_000_000] ^= 1;
        File.WriteAllBytes(path, film);
        await Eventually.IsTrueAsync(() => Events("retired").Length == 1, "the old version is retired");
        using (var answer = await _http.GetAsync(url, cancellation))
        {
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        await Eventually.IsTrueAsync(() => Events("published").Length == 2, "the new version is published");
        Assert.NotEqual(published.GetProperty("infohash_v2").GetString(), Events("published")[1].GetProperty("infohash_v2").GetString());
        _cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task OwnTracker_IsInTheTorrent_AndAnswersForIt()
    {
        Write("www/film.mp4", new byte[2_000_000]);
        var running = _cli.RunAsync(ProgramParts.All, Arguments("--json", "--tracker-listen", "127.0.0.1:0"));
        await _cli.ReadyAsync();
        await Eventually.IsTrueAsync(() => Events("published").Length == 1, "the film is published");
        Assert.True(Metainfo.TryParse(File.ReadAllBytes(Path.Combine(_cli.Root, "www/.swarm/film.mp4.torrent")), out var torrent, out _));
        var urls = torrent.TrackerTiers.SelectMany(static t => t).ToList();
        var announce = new Uri(Assert.Single(urls, static t => t.StartsWith("http:", StringComparison.Ordinal)));
        Assert.Contains($"udp://{announce.Authority}/announce", urls);

        var hash = string.Concat(Convert.FromHexString(torrent.InfoHash.V1Hex!).Select(static b => $"%{b:x2}"));
        var answer = await RawClient.ExchangeAsync(
            IPEndPoint.Parse(announce.Authority),
            $"GET {announce.AbsolutePath}?info_hash={hash}&peer_id=-XX0001-abcdefghijkl&port=9999&uploaded=0&downloaded=0&left=1&compact=1 HTTP/1.1\r\nHost: {announce.Authority}\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("failure", answer.Text, StringComparison.Ordinal);
        Assert.Contains("5:peers", answer.Text, StringComparison.Ordinal);
        _cli.Stop();
        Assert.Equal(0, await running);
    }

    [Theory]
    [InlineData("--root DIR is missing: name the folder that the web server serves, or the server to stand before with --origin URL.")]
    [InlineData("--root nowhere: there is no such folder.", "--root", "nowhere")]
    [InlineData("--tracker: 'tracker' is no URL of a tracker; write http://, https:// or udp://HOST:PORT/announce.", "--root", ".", "--tracker", "tracker")]
    [InlineData("--web-seed: 'x' is no http or https URL; write the URL that --root has on the site, e.g. https://files.example.org/", "--root", ".", "--web-seed", "x")]
    [InlineData("--min-size: 'much' is not a size; write 10GiB, 500M or a number of bytes.", "--root", ".", "--min-size", "much")]
    [InlineData("--origin: 'files' is no http or https URL of a server; write e.g. http://127.0.0.1:8080, without a path.", "--origin", "files")]
    [InlineData("--origin: 'http://a.example/b' is no http or https URL of a server; write e.g. http://127.0.0.1:8080, without a path.", "--origin", "http://a.example/b")]
    [InlineData("--trust-proxies: 'all' is not a network; write e.g. 10.0.0.0/8 or 127.0.0.1/32.", "--origin", "http://a.example", "--trust-proxies", "all")]
    [InlineData("--web-seed: with --origin it is the whole site that is seeded; write its URL without a path, e.g. https://files.example.org/", "--origin", "http://a.example", "--web-seed", "http://b.example/c/")]
    [InlineData("--origin stands before the web server, --root, --torrents and a web server's lines are for seeding beside it; choose one.", "--origin", "http://a.example", "--root", ".")]
    [InlineData("--origin stands before the web server, --root, --torrents and a web server's lines are for seeding beside it; choose one.", "--origin", "http://a.example", "--nginx")]
    public async Task WrongFlag_IsOneSentence_AndExits2(string sentence, params string[] arguments)
    {
        Assert.Equal(2, await _cli.RunAsync(["seed", .. arguments]));
        Assert.Equal(sentence, Assert.Single(_cli.Error.Lines));
        Assert.Empty(_cli.Out.Text);
    }

    /// <summary>192.0.2.1 is nobody's (RFC 5737), so that no port opens: what is said is why.</summary>
    [Theory]
    [InlineData(1, false, "--origin", "http://a.example")]
    [InlineData(2, true, "--root", ".")]
    public async Task AddressForEverybody_IsForASite_AndNotForAProxy(int exit, bool saysProxy, params string[] way)
    {
        Assert.Equal(exit, await _cli.RunAsync(ProgramParts.All, ["seed", .. way, "--listen", "192.0.2.1:8080", "--control", "127.0.0.1:0", "--peer-listen", "127.0.0.1:0", "--data", "data", "--no-dht", "--no-lsd"]));
        Assert.Contains("192.0.2.1:8080", _cli.Error.Text, StringComparison.Ordinal);
        Assert.Equal(saysProxy, _cli.Error.Text.Contains("an open proxy", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("www")]
    [InlineData("www/")]
    [InlineData(".")]
    public async Task TorrentsWhereTheSiteLies_AreRefused_ForThatFolderIsCleared(string torrents)
    {
        Directory.CreateDirectory(Path.Combine(_cli.Root, "www"));
        Assert.Equal(2, await _cli.RunAsync("seed", "--root", "www", "--torrents", torrents));
        Assert.Contains("the site itself lies in there", Assert.Single(_cli.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_SaysAMagnetAFile()
    {
        Write("www/film.mp4", new byte[2_000_000]);
        var running = _cli.RunAsync(Arguments());
        await Eventually.IsTrueAsync(() => _cli.Out.Lines.Any(l => l.StartsWith("published film.mp4 magnet:?xt=urn:btih:", StringComparison.Ordinal)), "the magnet is said");
        await Eventually.IsTrueAsync(() => _cli.Error.Lines.Contains("1 file is published, 1.91 MiB."), "that all is published is said");
        _cli.Stop();
        Assert.Equal(0, await running);
    }

    private string[] Arguments(params string[] more) =>
        ["seed", "--root", "www", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--peer-listen", "127.0.0.1:0", "--data", "data", "--no-dht", "--no-lsd", .. more];

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_cli.Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    private JsonElement[] Events(string name) =>
        [.. _cli.Out.Lines.Where(static l => l.StartsWith('{')).Select(static l => JsonDocument.Parse(l).RootElement).Where(e => e.GetProperty("event").GetString() == name)];
}
