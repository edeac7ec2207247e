using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Testing;

namespace Swarm.Proxy.Tests;

/// <summary><c>torrent create</c> and <c>torrent show</c>: libtorrent finds the same infohashes, and what is wrong is one sentence.</summary>
public sealed class TorrentVerbTests : IDisposable
{
    private readonly CliHarness _cli = new();

    public void Dispose() => _cli.Dispose();

    public static TheoryData<string, string, int> Cases => new()
    {
        { "file", "v1", 32768 }, { "file", "v2", 32768 }, { "file", "hybrid", 32768 },
        { "folder", "v1", 16384 }, { "folder", "v2", 16384 }, { "folder", "hybrid", 16384 }, { "folder", "hybrid", 262144 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Create_GivesTheInfohashesOfLibtorrent(string content, string format, int pieceBytes)
    {
        var path = Content(content);
        Assert.Equal(0, await _cli.RunAsync("torrent", "create", path, "--format", format, "--piece-length", pieceBytes.ToString(CultureInfo.InvariantCulture), "-o", "made.torrent"));

        Assert.True(Metainfo.TryParse(Made("made.torrent"), out var torrent, out var error), error?.ToString());
        Assert.Equal(await LibtorrentAsync(path, format, pieceBytes), $"{torrent.InfoHash.V1Hex ?? "-"} {torrent.InfoHash.V2?.ToString() ?? "-"}");
        foreach (var hash in new[] { torrent.InfoHash.V1Hex, torrent.InfoHash.V2?.ToString() }.OfType<string>())
        {
            Assert.Contains(hash, _cli.Out.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Create_WithoutFlags_IsAHybridBesideTheCaller_WithUsualPieces()
    {
        Content("file");
        Assert.Equal(0, await _cli.RunAsync("torrent", "create", "file"));

        Assert.True(Metainfo.TryParse(Made("file.torrent"), out var torrent, out _));
        Assert.True(torrent.InfoHash.IsHybrid && torrent.IsSingleFile && !torrent.IsPrivate);
        Assert.Equal((262144, "file", 100_001L), (torrent.PieceLength, torrent.Name, torrent.TotalLength));
        Assert.Empty(_cli.Error.Text);
        Assert.Empty(Directory.GetFiles(_cli.Root, "*.part"));
    }

    [Fact]
    public async Task Create_WritesWhatItIsTold_AndShowReadsItBack()
    {
        Content("folder");
        Assert.Equal(0, await _cli.RunAsync("torrent", "create", "folder/", "--tracker", "http://t.example/announce", "--tracker", "udp://t.example:6969/announce",
            "--web-seed", "https://files.example/pub/", "--private", "--name", "été", "--piece-length", "16KiB"));
        _cli.Out.GetStringBuilder().Clear();

        Assert.Equal(0, await _cli.RunAsync("torrent", "show", "été.torrent", "--json"));
        using var json = JsonDocument.Parse(_cli.Out.Text);
        var root = json.RootElement;
        Assert.Equal("swarmstream.torrent/1", root.GetProperty("schema").GetString());
        Assert.Equal("été", root.GetProperty("name").GetString());
        Assert.Equal("hybrid", root.GetProperty("format").GetString());
        Assert.Equal(16384, root.GetProperty("piece_bytes").GetInt32());
        Assert.True(root.GetProperty("private").GetBoolean());
        Assert.Equal(["a/deep.bin", "a.bin", "empty", "last"], root.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("path").GetString()));
        Assert.Equal(["http://t.example/announce", "udp://t.example:6969/announce"], root.GetProperty("tracker_tiers").EnumerateArray().Select(t => t.EnumerateArray().Single().GetString()));
        Assert.Equal("https://files.example/pub/", root.GetProperty("web_seeds").EnumerateArray().Single().GetString());
        Assert.False(root.TryGetProperty("scrapes", out _));

        _cli.Out.GetStringBuilder().Clear();
        Assert.Equal(0, await _cli.RunAsync("torrent", "show", "été.torrent"));
        foreach (var words in new[] { "Name         été", "Format       hybrid", "Private      yes", "(tier 2)", "Web seed     https://files.example/pub/", "a/deep.bin" })
        {
            Assert.Contains(words, _cli.Out.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--format: 'v3' is not one of hybrid, v2, v1", "--format", "v3")]
    [InlineData("--piece-length: 20000 bytes is no power of two", "--piece-length", "20000")]
    [InlineData("--piece-length: 8192 bytes is no power of two from 16KiB", "--piece-length", "8KiB")]
    [InlineData("--piece-length: 1073741824 bytes is no power of two from 16KiB to 128MiB", "--piece-length", "1GiB")]
    [InlineData("--piece-length: 'long' is not a size", "--piece-length", "long")]
    [InlineData("--tracker: 'ftp://t/' is no URL of a tracker", "--tracker", "ftp://t/")]
    [InlineData("--web-seed: 'files.example' is no http or https URL", "--web-seed", "files.example")]
    public async Task Create_AskedWrongly_IsOneSentenceAndExits2(string expected, string flag, string value)
    {
        Content("file");
        Assert.Equal(2, await _cli.RunAsync("torrent", "create", "file", flag, value));
        Assert.Contains(expected, Assert.Single(_cli.Error.Lines), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_cli.Root, "file.torrent")));
    }

    [Theory]
    [InlineData("nowhere", "does not exist")]
    [InlineData("hollow", "is an empty folder")]
    [InlineData("blank", "holds no bytes")]
    [InlineData("same", "have the same name")]
    [InlineData("linked", "is a symbolic link")]
    [InlineData("odd", "a backslash")]
    [InlineData("control", "a control character")]
    [InlineData("there", "exists already")]
    public async Task Create_OfWhatCannotBe_IsOneSentenceAndExits1(string path, string expected)
    {
        Directory.CreateDirectory(Path.Combine(_cli.Root, "hollow", "deep"));
        _cli.Write("blank/a", "");
        _cli.Write("same/same", "x");
        _cli.Write("linked/a", "x");
        File.CreateSymbolicLink(Path.Combine(_cli.Root, "linked", "b"), "a");
        _cli.Write("odd/a\\b", "x");
        _cli.Write("control/a\u001bb", "x");
        _cli.Write("there", "x");
        _cli.Write("there.torrent", "x");

        Assert.Equal(1, await _cli.RunAsync("torrent", "create", path));

        var sentence = Assert.Single(_cli.Error.Lines);
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', sentence);
        Assert.Equal("x", File.ReadAllText(Path.Combine(_cli.Root, "there.torrent")));
        Assert.Empty(_cli.Out.Text);
    }

    [Fact]
    public async Task Create_WhileTheFileChanges_SaysSo()
    {
        var path = Content("file");
        var plan = TorrentPlan.TryMake(path, null, out _)!;
        await File.AppendAllTextAsync(path, "more", TestContext.Current.CancellationToken);
        using var hasher = new MetainfoHasher(MetainfoFormat.V1, 16384, singleFile: true);

        Assert.Contains("changed while it was read", await TorrentHashing.RunAsync(plan, hasher, null, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere.torrent", "it does not exist")]
    [InlineData("not.torrent", "is no usable torrent: byte 0")]
    public async Task Show_OfNoTorrent_IsOneSentenceAndExits1(string file, string expected)
    {
        _cli.Write("not.torrent", "<html>");
        Assert.Equal(1, await _cli.RunAsync("torrent", "show", file));
        Assert.Contains(expected, Assert.Single(_cli.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesEveryFlag()
    {
        Assert.Equal(0, await _cli.RunAsync("torrent", "create", "--help"));
        foreach (var flag in new[] { "PATH", "-o", "--format", "--piece-length", "--tracker", "--web-seed", "--private", "--name" })
        {
            Assert.Contains(flag, _cli.Out.Text, StringComparison.Ordinal);
        }

        Assert.Equal(0, await _cli.RunAsync("torrent", "show", "--help"));
        Assert.Contains("--scrape", _cli.Out.Text, StringComparison.Ordinal);
        Assert.Equal(0, await _cli.RunAsync("--help"));
        Assert.Contains("torrent", _cli.Out.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_Scrape_PrintsEachTrackersCounts_AndDialsOnlyWhatIsAllowed()
    {
        using var tracker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        tracker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Content("file");
        Assert.Equal(0, await _cli.RunAsync("torrent", "create", "file", "--tracker", $"udp://{tracker.LocalEndPoint}/announce", "http://127.0.0.1:1/scrapeless"));

        Assert.Equal(0, await _cli.RunAsync("torrent", "show", "file.torrent", "--scrape"));
        Assert.Single(_cli.Out.Lines, line => line.Contains("--allow-target 127.0.0.1", StringComparison.Ordinal));
        Assert.Equal(0, tracker.Available);

        _cli.Out.GetStringBuilder().Clear();
        var answering = AnswerAsync(tracker);
        Assert.Equal(0, await _cli.RunAsync("torrent", "show", "file.torrent", "--scrape", "--allow-target", "127.0.0.0/8"));
        await answering;
        Assert.Contains($"udp://{tracker.LocalEndPoint}/announce v1: 5 seeders, 1 leecher, 50 downloads ended", _cli.Out.Text, StringComparison.Ordinal);
        Assert.Contains($"udp://{tracker.LocalEndPoint}/announce v2: 0 seeders, 0 leechers, 0 downloads ended", _cli.Out.Text, StringComparison.Ordinal);
        Assert.Contains("cannot be scraped", _cli.Out.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_SaysHowFarAndHowLongStill_FiveTimesASecondAtMost()
    {
        var time = new FakeTime();
        using var terminal = new StringWriter();
        var progress = new ProgressLine(terminal, 4 << 20, time);
        progress.Advance(1 << 20);
        Assert.Empty(terminal.ToString());
        time.Advance(TimeSpan.FromSeconds(1));
        progress.Advance(1 << 20);
        const string Line = "\rhashed 2.00 MiB of 4.00 MiB (50 %), 2.00 MiB/s, 1.0 s left";
        Assert.Equal(Line, terminal.ToString());
        progress.Advance(1 << 20);
        progress.End();
        Assert.Equal(Line + "\r" + new string(' ', Line.Length - 1) + "\r", terminal.ToString());
    }

    private static async Task AnswerAsync(Socket tracker)
    {
        var request = new byte[2048];
        for (var i = 0; i < 2; i++)
        {
            var got = await tracker.ReceiveFromAsync(request, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);
            var isConnect = BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(8)) == 0;
            byte[] rest = isConnect ? [1, 2, 3, 4, 5, 6, 7, 8] : [0, 0, 0, 5, 0, 0, 0, 50, 0, 0, 0, 1, .. new byte[12]];
            await tracker.SendToAsync((byte[])[.. request.AsSpan(8, 8), .. rest], SocketFlags.None, got.RemoteEndPoint, TestContext.Current.CancellationToken);
        }
    }

    private byte[] Made(string name) => File.ReadAllBytes(Path.Combine(_cli.Root, name));

    private string Content(string name)
    {
        (string Path, int Bytes)[] files = name == "file"
            ? [("file", 100_001)]
            : [("folder/a/deep.bin", 70_000), ("folder/a.bin", 40_000), ("folder/empty", 0), ("folder/last", 16_385)];
        foreach (var (path, length) in files)
        {
            var full = Path.Combine(_cli.Root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            var bytes = new byte[length];
            new Random(length).NextBytes(bytes);
            File.WriteAllBytes(full, bytes);
        }

        return Path.Combine(_cli.Root, name);
    }

    private static async Task<string> LibtorrentAsync(string path, string format, int pieceBytes)
    {
        using var python = Process.Start(new ProcessStartInfo(
            "/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "infohashes.py"), path, format, pieceBytes.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, "this test compares with libtorrent (package python3-libtorrent): " + await errors);
        return said.Trim();
    }
}
