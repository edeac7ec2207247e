using Swarm.Core;
using Swarm.Protocol;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>A folder on the disk and what is published of it while it changes.</summary>
public sealed class SiteSeederTests : IAsyncDisposable
{
    private const int Bytes = 300_000;

    private readonly string _home = Directory.CreateTempSubdirectory("swarm-site-").FullName;
    private readonly FakeNode _node = new();
    private readonly FakeTime _time = new();
    private RecordingReport _report = new();
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public SiteSeederTests() => Directory.CreateDirectory(Root);

    private string Root => Path.Combine(_home, "www");

    private string Torrents => Path.Combine(Root, ".swarm");

    [Fact]
    public async Task File_IsPublishedAsAHybridTorrentOfItsBytes_WithItsUrl()
    {
        Write("films/my film.mp4", 1);
        await SettleAsync(1);

        Assert.True(Metainfo.TryParse(File.ReadAllBytes(TorrentOf("films/my film.mp4")), out var torrent, out _));
        Assert.True(torrent.InfoHash.IsHybrid && torrent.IsSingleFile);
        Assert.Equal(("my film.mp4", Bytes), (torrent.Name, torrent.TotalLength));
        Assert.Equal(["https://files.example/films/my%20film.mp4"], torrent.WebSeeds);
        Assert.Equal([["http://tracker.example/announce"]], torrent.TrackerTiers.Select(t => t.ToArray()));
        Assert.Equal(Path.Combine(Root, "films", "my film.mp4"), _node.Seeded[torrent.InfoHash.Id].Path);
        Assert.True(Bep53Magnet.TryParse(_report.Files["films/my film.mp4"].Magnet, out var magnet, out _));
        Assert.Equal(torrent.InfoHash, magnet.InfoHash);
        Assert.Equal(["https://files.example/.swarm/films/my%20film.mp4.torrent"], magnet.Sources);
        Assert.Empty(magnet.WebSeeds); // whoever comes by the magnet takes from peers; the torrent that it names has the site
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(TorrentOf("films/my film.mp4")).HasFlag(UnixFileMode.OtherRead));
            Assert.True(File.GetUnixFileMode(Path.Combine(Torrents, "films")).HasFlag(UnixFileMode.OtherExecute));
        }
    }

    [Fact]
    public async Task ChangedFile_IsRetired_BeforeItsNewVersionIsPublished()
    {
        Write("a.bin", 1);
        await SettleAsync(1);
        var old = Infohash("a.bin");

        // In one step: a look at a file that is being written may find none.
        var fresh = Path.Combine(_home, "fresh");
        File.WriteAllBytes(fresh, Content(2));
        File.Move(fresh, Path.Combine(Root, "a.bin"), overwrite: true);
        await Eventually.IsTrueAsync(() => _report.Events.Contains("-a.bin"), "the old version is retired");
        // The clock stands: the new version is not still yet, and nothing leads to either.
        Assert.False(File.Exists(TorrentOf("a.bin")));
        Assert.Empty(_node.Seeded);

        await SettleAsync(1, times: 2);
        Assert.NotEqual(old, Infohash("a.bin"));
        Assert.Equal([Infohash("a.bin")], _node.Seeded.Keys);
        Assert.Equal(["+a.bin", "=1", "-a.bin", "+a.bin", "=1"], _report.Events);
    }

    [Fact]
    public async Task OverwrittenInPlace_WithLengthAndTimeRestored_IsSeenAllTheSame()
    {
        var path = Write("a.bin", 1);
        await SettleAsync(1);
        var old = Infohash("a.bin");
        var written = File.GetLastWriteTimeUtc(path);

        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Write(Content(2));
        }

        File.SetLastWriteTimeUtc(path, written);
        await SettleAsync(1, times: 2);
        Assert.NotEqual(old, Infohash("a.bin"));
    }

    [Fact]
    public async Task DeletedFile_AndDeletedFolder_AreRetired()
    {
        Write("a.bin", 1);
        Write("sub/deep/b.bin", 2);
        await SettleAsync(2);

        File.Delete(Path.Combine(Root, "a.bin"));
        Directory.Delete(Path.Combine(Root, "sub"), recursive: true);
        await SettleAsync(0);
        Assert.Empty(_node.Seeded);
        Assert.Empty(Directory.GetFiles(Torrents, "*.torrent", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task FilesThatArriveLater_ArePublished_AFolderOfThemToo()
    {
        await SettleAsync(0);
        Write("a.bin", 1);
        await SettleAsync(1);

        var arriving = Path.Combine(_home, "arriving");
        Directory.CreateDirectory(Path.Combine(arriving, "x"));
        File.WriteAllBytes(Path.Combine(arriving, "x", "b.bin"), Content(2));
        Directory.Move(arriving, Path.Combine(Root, "album"));
        await SettleAsync(2);
        Assert.True(File.Exists(TorrentOf("album/x/b.bin")));
    }

    [Fact]
    public async Task AfterARestart_WhatIsTheSame_IsNotHashedAgain_AndWhatChanged_IsWithdrawnFirst()
    {
        Write("same.bin", 1);
        Write("changed.bin", 2);
        Write("gone.bin", 3);
        await SettleAsync(3);
        var (same, changed) = (Infohash("same.bin"), Infohash("changed.bin"));
        await StopAsync();
        Assert.True(File.Exists(TorrentOf("same.bin")));

        Write("changed.bin", 4);
        File.Delete(Path.Combine(Root, "gone.bin"));
        Start();
        await Eventually.IsTrueAsync(() => _report.Events.Contains("+same.bin"), "what is the same is published again");
        // The clock stands: what is not the same is not hashed yet.
        Assert.Equal([same], _node.Seeded.Keys);
        Assert.Equal([TorrentOf("same.bin")], Directory.GetFiles(Torrents, "*.torrent"));
        Assert.Equal(0, _report.HashedBytes);

        await SettleAsync(2);
        Assert.Equal(Bytes, _report.HashedBytes);
        Assert.NotEqual(changed, Infohash("changed.bin"));
    }

    [Fact]
    public async Task DamagedHashes_OrRecords_AreNotBelieved()
    {
        Write("a.bin", 1);
        Write("b.bin", 2);
        await SettleAsync(2);
        var expected = (Infohash("a.bin"), Infohash("b.bin"));
        await StopAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(_home, "state"), "*.hashes", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }

        Start();
        await SettleAsync(2);
        Assert.Equal(2 * Bytes, _report.HashedBytes);
        Assert.Equal(expected, (Infohash("a.bin"), Infohash("b.bin")));
    }

    [Fact]
    public async Task OtherSettings_MakeOtherTorrents_OfTheSameInfohash_WithoutHashing()
    {
        Write("a.bin", 1);
        await SettleAsync(1);
        var infohash = Infohash("a.bin");
        await StopAsync();

        Start(tracker: "udp://elsewhere.example:6969/announce");
        await SettleAsync(1);
        Assert.True(Metainfo.TryParse(File.ReadAllBytes(TorrentOf("a.bin")), out var torrent, out _));
        Assert.Equal("udp://elsewhere.example:6969/announce", torrent.TrackerTiers[0][0]);
        Assert.Equal(infohash, torrent.InfoHash.Id);
        Assert.Equal(0, _report.HashedBytes);
    }

    [Fact]
    public async Task FilesOfTheSameBytes_AreSeededUnderTheirNames_AndOneOutlivesTheOther()
    {
        Write("x/film.bin", 1);
        Write("y/film.bin", 1);
        Write("z/other.bin", 1);
        await SettleAsync(3);
        Assert.Equal(Infohash("x/film.bin"), Infohash("y/film.bin"));
        Assert.Equal(2, _node.Seeded.Count);

        foreach (var gone in new[] { "x", "y" })
        {
            var stays = gone == "x" ? "y/film.bin" : "z/other.bin";
            Directory.Delete(Path.Combine(Root, gone), recursive: true);
            await Eventually.IsTrueAsync(
                () =>
                {
                    _time.Advance(TimeSpan.FromSeconds(1));
                    return _report.Events.Contains($"-{gone}/film.bin") && _node.Seeded.GetValueOrDefault(Infohash(stays)).Path == Path.Combine(Root, stays);
                },
                "the one that stays is seeded from where it lies");
        }

        Assert.Equal([Infohash("z/other.bin")], _node.Seeded.Keys);
    }

    [Fact]
    public void TorrentFolder_KeepsWhatIsNoTorrent_AndFollowsNoLink()
    {
        var (folder, problem) = TorrentFolder.Open(Torrents);
        Assert.Null(problem);
        folder!.Publish("a.bin", [1]);
        folder.Publish("old.bin", [1]);
        var outside = Directory.CreateDirectory(Path.Combine(_home, "outside")).FullName;
        string[] others = [Path.Combine(Torrents, "index.html"), Path.Combine(outside, "their.torrent")];
        Array.ForEach(others, file => File.WriteAllBytes(file, [1]));
        Directory.CreateSymbolicLink(Path.Combine(Torrents, "link"), outside);

        folder.KeepOnly(new HashSet<string> { "a.bin" });

        Assert.All([TorrentOf("a.bin"), .. others], file => Assert.True(File.Exists(file), file));
        Assert.False(File.Exists(TorrentOf("old.bin")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // an unmounted disk leaves an empty folder
    public async Task RootThatVanishes_IsRetired_AndIsThereAgainWithoutHashing_WhenItIsBack(bool leavesAnEmptyFolder)
    {
        Write("a.bin", 1);
        Write("sub/b.bin", 2);
        await SettleAsync(2);

        var elsewhere = Path.Combine(_home, "unmounted");
        Directory.Move(Root, elsewhere);
        if (leavesAnEmptyFolder)
        {
            Directory.CreateDirectory(Root);
        }

        await UntilAsync(() => _node.Seeded.IsEmpty, "all is retired");
        Assert.Contains(_report.Sentences, s => s.Contains("cannot be read", StringComparison.Ordinal) && s.Contains("2 files are retired", StringComparison.Ordinal));
        var hashed = _report.HashedBytes;

        if (leavesAnEmptyFolder)
        {
            Directory.Delete(Root, recursive: true);
        }

        Directory.Move(elsewhere, Root);
        await UntilAsync(() => _node.Seeded.Count == 2, "all is back");
        Assert.Equal(hashed, _report.HashedBytes);
        Assert.True(File.Exists(TorrentOf("sub/b.bin")));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task WhatCannotBePublished_IsSaidOnceWithWhatToDo_AndTheRestGoesOn()
    {
        var outside = Path.Combine(_home, "secret.bin");
        File.WriteAllBytes(outside, Content(9));
        Directory.CreateDirectory(Path.Combine(_home, "outside"));
        File.WriteAllBytes(Path.Combine(_home, "outside", "s.bin"), Content(9));
        Write("good.bin", 1);
        Write(".hidden.bin", 2);
        Write(".git/objects.bin", 2);
        Write("good.torrent", 2);
        Write("control\n.bin", 3);
        Write("tiny.txt", 4, bytes: 10);
        File.WriteAllBytes(Path.Combine(Root, "empty.bin"), []);
        File.CreateSymbolicLink(Path.Combine(Root, "leak.bin"), outside);
        File.CreateSymbolicLink(Path.Combine(Root, "hidden-leak.bin"), Path.Combine(Root, ".hidden.bin"));
        File.CreateSymbolicLink(Path.Combine(Root, "latest.bin"), "good.bin");
        Directory.CreateSymbolicLink(Path.Combine(Root, "away"), Path.Combine(_home, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "circle"), Root);
        File.CreateSymbolicLink(Path.Combine(Root, "itself.bin"), "itself.bin");
        File.CreateSymbolicLink(Path.Combine(Root, "dangling.bin"), "nothing.bin");

        await SettleAsync(2, leastBytes: 100);
        Assert.Equal(["good.bin", "latest.bin"], _report.Files.Keys.Order());
        Assert.Equal(
            [
                "2 files are too small for a swarm and stay plain HTTP; --min-size SIZE says from where on.",
                "away: it is a link to a folder, which is not followed; mount the folder there (mount --bind), or seed it by itself.",
                "circle: it is a link to a folder, which is not followed; mount the folder there (mount --bind), or seed it by itself.",
                "control?.bin: the name holds a control character; rename it.",
                "hidden-leak.bin: it is a link that leads out of the folder, or to a hidden file, which is not followed; put the file itself there.",
                "itself.bin: it is a link that leads in a circle; mend it or take it out.",
                "leak.bin: it is a link that leads out of the folder, or to a hidden file, which is not followed; put the file itself there.",
            ],
            _report.Sentences.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task EmptyFile_WhereAllSizesAreTaken_IsSaid()
    {
        Write("empty.bin", 1, bytes: 0);
        Write("tiny.bin", 2, bytes: 1);
        await SettleAsync(1, leastBytes: 0);
        Assert.Equal(["empty.bin: it is empty: there is nothing to share; fill it or take it out."], _report.Sentences);
    }

    [Fact]
    public async Task WhatTheEngineRefuses_IsSaid_AndHasNoTorrent()
    {
        _node.SeedProblem = "the piece store cannot be used now";
        Write("a.bin", 1);
        Start();
        await UntilAsync(() => _report.Sentences.Contains("a.bin: it cannot be seeded: the piece store cannot be used now."), "it is said");
        Assert.False(File.Exists(TorrentOf("a.bin")));
        Assert.Empty(_report.Files);
    }

    [Fact]
    public async Task WhatTheEngineRefuses_IsTriedAgain_WithoutReadingItAgain()
    {
        _node.SeedProblem = "the piece store cannot be used now";
        Write("a.bin", 1);
        Start();
        await UntilAsync(() => _report.Sentences.Contains("a.bin: it cannot be seeded: the piece store cannot be used now."), "it is said");
        Assert.Equal(Bytes, _report.HashedBytes);

        _node.SeedProblem = null;
        _time.Advance(TimeSpan.FromMinutes(10));
        await SettleAsync(1);
        Assert.Equal(Bytes, _report.HashedBytes);
        Assert.True(File.Exists(TorrentOf("a.bin")));
    }

    [Fact]
    public async Task WhatTheEngineRefuses_AfterARestartToo_IsTriedAgain_WithoutReadingItAgain()
    {
        Write("a.bin", 1);
        await SettleAsync(1);
        await StopAsync();

        _node.SeedProblem = "the piece store cannot be used now";
        Start();
        await UntilAsync(() => !_report.Sentences.IsEmpty, "it is said");
        await StopAsync();
        Start();
        await UntilAsync(() => !_report.Sentences.IsEmpty, "it is said");

        _node.SeedProblem = null;
        _time.Advance(TimeSpan.FromMinutes(10));
        await SettleAsync(1);
        Assert.Equal(0, _report.HashedBytes);
        Assert.True(File.Exists(TorrentOf("a.bin")));
    }

    [Fact]
    public async Task WhatTheEngineRefused_AndIsGone_LeavesNothing()
    {
        _node.SeedProblem = "the piece store cannot be used now";
        Write("a.bin", 1);
        Start();
        await UntilAsync(() => !_report.Sentences.IsEmpty, "it is said");
        Assert.NotEmpty(Kept());

        File.Delete(Path.Combine(Root, "a.bin"));
        await UntilAsync(() => Kept().Length == 0, "its hashes are forgotten");
    }

    [Fact]
    public async Task TwinThatCannotBePublished_LeavesTheOtherOneLent()
    {
        Write("x/film.bin", 1);
        await SettleAsync(1);
        Directory.CreateDirectory(TorrentOf("y/film.bin")); // where its torrent would lie
        Write("y/film.bin", 1);

        await UntilAsync(() => _report.Sentences.Any(s => s.StartsWith("y/film.bin: its torrent cannot be kept", StringComparison.Ordinal)), "it is said");
        Assert.Equal(Path.Combine(Root, "x", "film.bin"), _node.Seeded[Infohash("x/film.bin")].Path);
    }

    [Fact]
    public async Task TwinThatCannotBeLentAnew_IsRetired_AndTriedAgainLater()
    {
        Write("x/film.bin", 1);
        Write("y/film.mp4", 1);
        await SettleAsync(2);

        _node.SeedProblem = "the piece store cannot be used now";
        File.Delete(Path.Combine(Root, "x", "film.bin"));
        await UntilAsync(() => _report.Events.Contains("-y/film.mp4"), "nothing leads to what nobody gives");
        Assert.False(File.Exists(TorrentOf("y/film.mp4")));
        Assert.Empty(_node.Seeded);

        _node.SeedProblem = null;
        _time.Advance(TimeSpan.FromMinutes(10));
        await SettleAsync(1);
        Assert.Equal(Path.Combine(Root, "y", "film.mp4"), _node.Seeded[Infohash("y/film.mp4")].Path);
    }

    [Fact]
    public async Task WhatTheEngineRefused_AndChangedSince_IsHashedAgain()
    {
        _node.SeedProblem = "the piece store cannot be used now";
        Write("a.bin", 1);
        Start();
        await UntilAsync(() => !_report.Sentences.IsEmpty, "it is said");

        _node.SeedProblem = null;
        Write("a.bin", 2);
        await SettleAsync(1);
        Assert.Equal(2 * Bytes, _report.HashedBytes);
        Assert.True(Metainfo.TryParse(File.ReadAllBytes(TorrentOf("a.bin")), out var torrent, out _));
        Assert.True(torrent.IsPiece(0, 0, Content(2).AsSpan(0, torrent.PieceLength).ToArray().Chunk(PieceLayout.BlockSize).Select(static b => MerkleTree.Leaf(b)).ToArray()));
    }

    [Fact]
    public async Task RootThatVanishes_WithFilesOfTheSameBytes_LendsNoneOfThemAnew()
    {
        Write("x/film.bin", 1);
        Write("y/film.mp4", 1);
        Write("z/film.mkv", 1);
        await SettleAsync(3);
        var seeded = _node.SeedCalls;

        Directory.Move(Root, Path.Combine(_home, "unmounted"));
        await UntilAsync(() => _node.Seeded.IsEmpty, "all is retired");
        Assert.Equal(seeded, _node.SeedCalls);
        Directory.Move(Path.Combine(_home, "unmounted"), Root);
    }

    [Theory]
    [InlineData(60, 1, 60)]
    [InlineData(60, 30, 300)] // a look of half a minute every minute would be half a disk's work
    public void Looks_TakeATenthOfTheTimeAtTheMost(int leastSeconds, int tookSeconds, int pauseSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(pauseSeconds), SiteSeeder.Pause(TimeSpan.FromSeconds(leastSeconds), TimeSpan.FromSeconds(tookSeconds)));

    [Fact]
    public void FolderOfSomebodyElse_IsNotTakenForTorrents()
    {
        var theirs = Directory.CreateDirectory(Path.Combine(_home, "theirs")).FullName;
        File.WriteAllText(Path.Combine(theirs, "mine.torrent"), "d");
        var (folder, problem) = TorrentFolder.Open(theirs);
        Assert.Null(folder);
        Assert.Contains("--torrents DIR", problem, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(theirs, "mine.torrent")));
    }

    [Fact]
    public async Task Hasher_FileOverwrittenWhileItIsRead_GivesNothing()
    {
        var path = Write("a.bin", 1, bytes: 3 << 20);
        var stamp = FileStat.Read(path)!.Value;
        var overwritten = false;
        var (hashes, problem) = await HashAsync(stamp, _ =>
        {
            if (!overwritten)
            {
                overwritten = true;
                using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.Position = (3 << 20) - 1;
                file.WriteByte(0);
            }
        });
        Assert.True(overwritten);
        Assert.Equal((null, null), (hashes, problem));
        // What was seen before is not what is there; what is there now, is.
        Assert.NotNull((await HashAsync(FileStat.Read(path)!.Value, static _ => { })).Hashes);
    }

    [Fact]
    public async Task Hasher_FileReplacedWhileItIsRead_GivesNothing()
    {
        var path = Write("a.bin", 1, bytes: 3 << 20);
        var stamp = FileStat.Read(path)!.Value;
        var fresh = Path.Combine(_home, "fresh");
        File.WriteAllBytes(fresh, new byte[3 << 20]);
        var (hashes, problem) = await HashAsync(stamp, _ =>
        {
            if (File.Exists(fresh))
            {
                File.Move(fresh, path, overwrite: true);
            }
        });
        Assert.Equal((null, null), (hashes, problem));
    }

    [Fact]
    public async Task Hasher_FileThatIsGone_GivesNothing()
    {
        var path = Write("a.bin", 1);
        var stamp = FileStat.Read(path)!.Value;
        File.Delete(path);
        Assert.Equal((null, null), await HashAsync(stamp, static _ => { }));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    private static byte[] Content(int seed, int bytes = Bytes)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return content;
    }

    private Task<(SiteHashes? Hashes, string? Problem)> HashAsync(FileStamp stamp, Action<int> advance) =>
        new SiteHasher(new SiteScan(Root, new(1), [])).RunAsync("a.bin", stamp, advance, TestContext.Current.CancellationToken);

    private string Write(string path, int seed, int bytes = Bytes)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        // In one step: an empty file that is seen between opening and writing would be one more event. OverwrittenInPlace does it the other way.
        var arriving = Path.Combine(_home, "arriving.bin");
        File.WriteAllBytes(arriving, Content(seed, bytes));
        File.Move(arriving, full, overwrite: true);
        return full;
    }

    /// <summary>Files of the archive.</summary>
    private string[] Kept() => Directory.GetFiles(Path.Combine(_home, "state"), "*", SearchOption.AllDirectories);

    private string TorrentOf(string path) => Path.Combine(Torrents, path) + ".torrent";

    private string Infohash(string path) => _report.Files[path].Torrent.InfoHash.Id;

    private void Start(long leastBytes = 1, string tracker = "http://tracker.example/announce")
    {
        _report = new();
        _node.Seeded.Clear();
        _stop = new();
        var address = SiteAddress.TryParse("https://files.example/", out _)!;
        var (folder, problem) = TorrentFolder.Open(Torrents);
        Assert.Null(problem);
        var seeder = new SiteSeeder(
            new(Root, new(leastBytes), [Torrents]), folder!, SiteArchive.Of(Path.Combine(_home, "state"), Root), new(address, [tracker]), address, _node, _report, _time);
        _running = Task.Run(() => seeder.RunAsync(_stop.Token));
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    private Task UntilAsync(Func<bool> condition, string what) => Eventually.IsTrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what);

    /// <summary>Starts it if it does not run, and lets time go on until all that can be published is.</summary>
    private async Task SettleAsync(int files, int times = 1, long leastBytes = 1)
    {
        if (_running.IsCompleted)
        {
            Start(leastBytes);
        }

        await UntilAsync(() => _report.Events.Count(e => e == $"={files}") >= times, $"{files} files are published; so far: {string.Join(' ', _report.Events)} {string.Join(' ', _report.Sentences)}");
    }
}
