using System.Net.Http.Headers;
using System.Text.Json;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests;

/// <summary><c>add</c>, <c>ls</c>, <c>pause</c>, <c>recheck</c>, <c>rm</c> and <c>play</c> against a whole running node.</summary>
public sealed class LibraryTests : IAsyncDisposable
{
    private static readonly Film Film = Film.Make(71);

    private readonly CliHarness _daemon = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private Task<int>? _running;
    private string _proxy = "";

    private string Data => Path.Combine(_daemon.Root, "data");

    [Fact]
    public async Task Added_IsListed_Served_AndKnownAfterARestart()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        var file = WriteTorrent();

        Assert.Equal((0, $"Added: film.mp4, 3.00 MiB, {Film.Infohash}"), await SayAsync("add", file));
        Assert.Equal((0, $"Known: film.mp4, 3.00 MiB, {Film.Infohash}"), await SayAsync("add", file));
        Assert.Contains($"{Film.Infohash[..12]}  idle", (await SayAsync("ls")).Said, StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));

        using var again = await RestartAsync(seed);
        using var listed = JsonDocument.Parse((await SayAsync("ls", "--json")).Said);
        Assert.Equal(Film.Infohash, listed.RootElement[0].GetProperty("infohash").GetString());
        again.Stop();
        Assert.Equal(0, await _running!);
        _running = null;
    }

    [Fact]
    public async Task Paused_LeavesItsPeers_AndComesBack()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        await SayAsync("add", WriteTorrent());
        await RangeAsync(0, 99_999);
        await Eventually.IsTrueAsync(() => seed.Connections > 0, "a connection");

        Assert.Equal((0, "film.mp4: paused"), await SayAsync("pause", Film.Infohash[..6]));
        Assert.Contains("  paused ", (await SayAsync("ls")).Said, StringComparison.Ordinal);
        using var peers = JsonDocument.Parse(await ControlAsync("/api/v1/peers"));
        Assert.Equal(0, peers.RootElement.GetArrayLength());
        // What is here is served all the same.
        Assert.Equal(Film.Bytes[..100_000], await RangeAsync(0, 99_999));

        Assert.Equal((0, "film.mp4: goes on"), await SayAsync("pause", "film.mp4", "--resume"));
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Recheck_FindsWhatIsDamaged_AndItIsFetchedAgain()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        await SayAsync("add", WriteTorrent());
        var url = new Uri($"{_proxy}/torrents/{Film.Infohash}");
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(url, TestContext.Current.CancellationToken));
        await Eventually.IsTrueAsync(() => StoredFile() is { } f && HasAll(f), "the film in the store");
        var right = await RecheckAsync();
        Assert.StartsWith("film.mp4: checked: all ", right, StringComparison.Ordinal);

        using (var file = new FileStream(StoredFile()!, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = 1_000_000;
            file.Write("damaged on the disk"u8);
        }

        Assert.StartsWith("film.mp4: checked: 1 of ", await RecheckAsync(), StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(url, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Removed_IsForgotten_WithItsStoredBytes()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        await SayAsync("add", WriteTorrent());
        await RangeAsync(0, Film.Length - 1);

        Assert.Equal((0, "film.mp4: removed"), await SayAsync("rm", Film.Infohash));

        Assert.StartsWith("No torrents", (await SayAsync("ls")).Said, StringComparison.Ordinal);
        using var answer = await _http.GetAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Empty(Directory.GetFiles(Path.Combine(Data, "state", "torrents")));
        Assert.Equal((1, $"The node has no torrent '{Film.Infohash}'; 'swarmstream ls' lists those it has."), await SayAsync("rm", Film.Infohash));
    }

    [Fact]
    public async Task AddWithPath_ServesTheUsersOwnFile_AndNeverWritesIt()
    {
        await StartAsync(null);
        var mine = Path.Combine(_daemon.Root, "mine");
        Directory.CreateDirectory(mine);
        var file = Path.Combine(mine, "film.mp4");
        File.WriteAllBytes(file, Film.Bytes);
        File.SetAttributes(file, FileAttributes.ReadOnly);
        var written = File.GetLastWriteTimeUtc(file);

        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", mine);

        Assert.Equal(0, code);
        Assert.EndsWith("adopted: all 13 pieces are right.", said, StringComparison.Ordinal);
        Assert.Contains("  100 %", (await SayAsync("ls")).Said, StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
        Assert.Equal((0, "film.mp4: removed"), await SayAsync("rm", "film.mp4"));
        Assert.Equal(Film.Bytes, File.ReadAllBytes(file));
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        File.SetAttributes(file, FileAttributes.Normal);
    }

    [Fact]
    public async Task AddWithPath_OfWrongData_SaysWhichPieces_FetchesThem_AndLeavesTheFileAlone()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        var mine = Path.Combine(_daemon.Root, "mine");
        Directory.CreateDirectory(mine);
        var file = Path.Combine(mine, "film.mp4");
        var wrong = (byte[])Film.Bytes.Clone();
        wrong[600_000] ^= 1;
        File.WriteAllBytes(file, wrong);

        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", mine);

        Assert.Equal(0, code);
        Assert.EndsWith("adopted: 12 of 13 pieces are right; 1 differ from the torrent (film.mp4: piece 2); what is wrong is fetched when it is wanted, your files are never changed.", said, StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
        Assert.Equal(wrong, File.ReadAllBytes(file));
        Assert.InRange(seed.BlocksSent, 16, 40);
    }

    [Theory]
    [InlineData(-1_000_000, "adopted: 8 of 13 pieces are right; 5 differ from the torrent (film.mp4: piece 8, 9, 10, 11, 12); what is wrong is fetched when it is wanted, your files are never changed.")]
    [InlineData(1_000_000, "adopted: all 13 pieces are right.")]
    [InlineData(int.MinValue, "adopted: 0 of 0 pieces are right; not readable: film.mp4 (it is empty, or no file); what is wrong is fetched when it is wanted, your files are never changed.")]
    public async Task AddWithPath_OfAnotherLength_TakesWhatIsRight_FetchesTheRest_AndLeavesTheFileAlone(int more, string ends)
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        var mine = Directory.CreateDirectory(Path.Combine(_daemon.Root, "mine")).FullName;
        var file = Path.Combine(mine, "film.mp4");
        byte[] bytes = more switch { int.MinValue => [], < 0 => Film.Bytes[..^-more], _ => [.. Film.Bytes, .. new byte[more]] };
        File.WriteAllBytes(file, bytes);

        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", mine);

        Assert.Equal(0, code);
        Assert.EndsWith(ends, said, StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
        Assert.Equal(bytes, File.ReadAllBytes(file));
        Assert.Equal(more > 0, seed.BlocksSent == 0);
    }

    [Fact]
    public async Task AddWithPath_OfAFileThatCannotBeRead_SaysWhy_AndFetches()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        var mine = Directory.CreateDirectory(Path.Combine(_daemon.Root, "mine")).FullName;
        var file = Path.Combine(mine, "film.mp4");
        File.WriteAllBytes(file, Film.Bytes);
        using var held = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", mine);

        Assert.Equal(0, code);
        Assert.Contains("not readable: film.mp4 (", said, StringComparison.Ordinal);
        Assert.EndsWith("what is wrong is fetched when it is wanted, your files are never changed.", said, StringComparison.Ordinal);
        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AddWithPath_OfAFolderWhereTheFileShouldBe_SaysSo_AndAddsNothing()
    {
        await StartAsync(null);
        var mine = Directory.CreateDirectory(Path.Combine(_daemon.Root, "mine")).FullName;
        Directory.CreateDirectory(Path.Combine(mine, "film.mp4"));
        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", mine);
        Assert.Equal(1, code);
        Assert.Contains("no file of the torrent is there", said, StringComparison.Ordinal);
        Assert.StartsWith("No torrents", (await SayAsync("ls")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileChangedAfterItWasAdopted_IsNeverServedWrong()
    {
        await using var seed = new SeedPeer(Film);
        await StartAsync(seed);
        var mine = Path.Combine(_daemon.Root, "mine");
        Directory.CreateDirectory(mine);
        var file = Path.Combine(mine, "film.mp4");
        File.WriteAllBytes(file, Film.Bytes);
        Assert.EndsWith("are right.", (await SayAsync("add", WriteTorrent(), "--path", mine)).Said, StringComparison.Ordinal);

        using (var change = new FileStream(file, FileMode.Open, FileAccess.Write))
        {
            change.Position = 2_000_000;
            change.Write("the user edits the file"u8);
            change.SetLength(2_500_000);
        }

        Assert.Equal(Film.Bytes, await _http.GetByteArrayAsync(new Uri($"{_proxy}/torrents/{Film.Infohash}"), TestContext.Current.CancellationToken));
        Assert.Equal(2_500_000, new FileInfo(file).Length);
    }

    [Fact]
    public async Task AddWithPath_OfAnotherFolder_SaysSo_AndAddsNothing()
    {
        await StartAsync(null);
        var (code, said) = await SayAsync("add", WriteTorrent(), "--path", Path.Combine(_daemon.Root, "run"));
        Assert.Equal(1, code);
        Assert.Contains("there is no such folder", said, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_daemon.Root, "empty"));
        Assert.Contains("no file of the torrent is there", (await SayAsync("add", WriteTorrent(), "--path", Path.Combine(_daemon.Root, "empty"))).Said, StringComparison.Ordinal);
        Assert.StartsWith("No torrents", (await SayAsync("ls")).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_PrintsAUrlThatAPageMayLoad_AndAPlaylistForFolders()
    {
        var (folder, _) = Film.MakeFolder("Two Films", "a #1.mp4", "b/readme.txt");
        await StartAsync(null);
        var single = await SayAsync("play", WriteTorrent(), "--print");
        File.WriteAllBytes(Path.Combine(_daemon.Root, "two.torrent"), folder.Metafile);
        var several = await SayAsync("play", Path.Combine(_daemon.Root, "two.torrent"), "--print");
        var web = await SayAsync("play", "https://films.example:8443/a%20b.mp4?x=http://y", "--print");

        Assert.Matches($"^{_proxy}/torrents/~[A-Za-z0-9_-]{{43}}/{Film.Infohash}/film.mp4$", single.Said);
        Assert.Matches($@"^{_proxy}/gateway/~[A-Za-z0-9_-]{{43}}/https/films\.example:8443/a%20b\.mp4\?x=http://y$", web.Said);
        Assert.EndsWith("/playlist.m3u", several.Said, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, several.Said);
        request.Headers.Add("Sec-Fetch-Dest", "empty");
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(
            $"#EXTM3U\n#EXTINF:-1,a #1.mp4\n{several.Said[..^"playlist.m3u".Length]}a%20%231.mp4\n",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("add", "http://a.example/x.torrent")]
    [InlineData("pause", "nothing")]
    public async Task Nonsense_IsOneSentenceAndExit1(params string[] arguments)
    {
        await StartAsync(null);
        using var cli = new CliHarness();
        Assert.Equal(1, await cli.RunAsync([.. arguments, "--data", Data]));
        Assert.Single(cli.Error.Lines);
    }

    [Fact]
    public async Task AddOfAFileThatIsNoTorrent_SaysWhichAndWhy()
    {
        await StartAsync(null);
        using var cli = new CliHarness();
        cli.Write("x.torrent", "d4:infod4:name");
        Assert.Equal(1, await cli.RunAsync("add", "x.torrent", "--data", Data));
        Assert.Contains("x.torrent: This is no torrent", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            _daemon.Stop();
            Assert.Equal(0, await _running);
        }

        _http.Dispose();
        _daemon.Dispose();
    }

    private async Task StartAsync(SeedPeer? seed)
    {
        _running = RunAsync(_daemon, seed);
        _proxy = (await _daemon.ReadyAsync()).Split(' ')[1]["proxy=".Length..];
    }

    private async Task<CliHarness> RestartAsync(SeedPeer seed)
    {
        _daemon.Stop();
        Assert.Equal(0, await _running!);
        var next = new CliHarness();
        _running = RunAsync(next, seed);
        await next.ReadyAsync();
        return next;
    }

    private Task<int> RunAsync(CliHarness cli, SeedPeer? seed) => cli.RunAsync(
        ProgramParts.All,
        ["--data", Data, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--allow-target", "127.0.0.0/8", .. seed is null ? Array.Empty<string>() : ["--peer", seed.Address]]);

    private string WriteTorrent()
    {
        var path = Path.Combine(_daemon.Root, "film.torrent");
        File.WriteAllBytes(path, Film.Metafile);
        return path;
    }

    private async Task<(int Code, string Said)> SayAsync(params string[] arguments)
    {
        using var cli = new CliHarness();
        var code = await cli.RunAsync([.. arguments, "--data", Data]);
        return (code, (cli.Out.Text + cli.Error.Text).TrimEnd('\n'));
    }

    private async Task<string> RecheckAsync()
    {
        var (code, said) = await SayAsync("recheck", "film.mp4");
        Assert.Equal(0, code);
        return said;
    }

    private async Task<byte[]> RangeAsync(long first, long last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_proxy}/torrents/{Film.Infohash}");
        request.Headers.Range = new RangeHeaderValue(first, last);
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private async Task<string> ControlAsync(string path)
    {
        var control = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "state", "control.json"), TestContext.Current.CancellationToken)).RootElement;
        using var request = new HttpRequestMessage(HttpMethod.Get, control.GetProperty("url").GetString() + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(control.GetProperty("token_file").GetString()!, TestContext.Current.CancellationToken)).Trim());
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private string? StoredFile() => Directory.GetFiles(Path.Combine(Data, "pieces", "data")).SingleOrDefault();

    private static bool HasAll(string file)
    {
        using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[Film.Length];
        return read.Length == Film.Length && read.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length && bytes.AsSpan().SequenceEqual(Film.Bytes);
    }
}
