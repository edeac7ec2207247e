using System.Security.Cryptography;
using System.Text.Json;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Get;

/// <summary><c>get</c> with a whole node in this process: bytes, receipts, resuming, exit codes and sentences.</summary>
public sealed class GetTests
{
    private static readonly Film Film = Film.Make(61);

    [Fact]
    public async Task Url_WithoutSwarm_WritesTheOriginsBytes()
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();

        Assert.Equal(0, await GetAsync(cli, origin.Url, "--json"));

        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
        using var receipt = JsonDocument.Parse(Assert.Single(cli.Out.Lines));
        Assert.Equal("swarmstream.receipt/1", receipt.RootElement.GetProperty("schema").GetString());
        Assert.Equal(Film.Length, receipt.RootElement.GetProperty("total_bytes").GetInt64());
        Assert.Equal(Film.Length, receipt.RootElement.GetProperty("bytes_by_source").GetProperty("origin").GetInt64());
        Assert.Equal(Path.Combine(cli.Root, "film.mp4"), receipt.RootElement.GetProperty("file").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Film.Bytes)), receipt.RootElement.GetProperty("sha256").GetString());
        Assert.Contains(cli.Error.Lines, l => l.StartsWith("film.mp4 3.00 MiB", StringComparison.Ordinal) && l.Contains("100 % origin", StringComparison.Ordinal));
        Assert.Contains(cli.Error.Lines, l => l.Contains("--swarm-host HOST", StringComparison.Ordinal));
        Assert.DoesNotContain(Directory.GetFiles(cli.Root), f => f.Contains(".part", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TorrentFile_FromAPeer_EveryByteIsVerified()
    {
        await using var seed = new SeedPeer(Film);
        using var cli = new CliHarness();
        File.WriteAllBytes(Path.Combine(cli.Root, "film.torrent"), Film.Metafile);

        Assert.Equal(0, await GetAsync(cli, "film.torrent", "--peer", seed.Address, "-o", "out.bin", "--json", "--sha256", Convert.ToHexString(SHA256.HashData(Film.Bytes))));

        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "out.bin")));
        using var receipt = JsonDocument.Parse(Assert.Single(cli.Out.Lines));
        Assert.Equal(Film.Length, receipt.RootElement.GetProperty("bytes_verified_16k").GetInt64());
        Assert.Equal(0, receipt.RootElement.GetProperty("bytes_by_source").GetProperty("origin").GetInt64());
    }

    [Fact]
    public async Task TorrentOfAFolder_LaysItsFilesOut()
    {
        var (folder, second) = Film.MakeFolder("Two Films", "a #1.mp4", "b/d\u00e9j\u00e0.mp4");
        var space = new byte[(3 << 18) + second.Length];
        folder.Bytes.CopyTo(space, 0);
        second.CopyTo(space, 3 << 18);
        await using var seed = new SeedPeer(folder, pieceSpace: space);
        using var cli = new CliHarness();
        File.WriteAllBytes(Path.Combine(cli.Root, "x.torrent"), folder.Metafile);

        Assert.Equal(0, await GetAsync(cli, "x.torrent", "--peer", seed.Address));

        Assert.Equal(folder.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "Two Films", "a #1.mp4")));
        Assert.Equal(second, File.ReadAllBytes(Path.Combine(cli.Root, "Two Films", "b", "d\u00e9j\u00e0.mp4")));
    }

    [Fact]
    public async Task Sha256Wrong_Exits1_NamesBothAndKeepsNothing()
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();

        Assert.Equal(1, await GetAsync(cli, origin.Url, "--sha256", new string('0', 64)));

        Assert.Contains(cli.Error.Lines, l => l.Contains(Convert.ToHexStringLower(SHA256.HashData(Film.Bytes)), StringComparison.Ordinal) && l.Contains(new string('0', 64), StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(cli.Root));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Interrupted_TheNextRunGoesOn_UnlessThePartIsNotWhatItWas(bool tampered)
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();
        var part = await InterruptAsync(cli, origin);
        var there = new FileInfo(part).Length;
        Assert.InRange(there, 1 << 20, Film.Length - 1);
        Assert.Equal(Film.Bytes[..(int)there], File.ReadAllBytes(part));
        if (tampered)
        {
            var bytes = File.ReadAllBytes(part);
            bytes[1000] ^= 1;
            File.WriteAllBytes(part, bytes);
        }

        origin.BeforeBytes = null;
        // Another data folder: nothing but the part file knows the earlier run.
        Assert.Equal(0, await GetAsync(cli, origin.Url, "-o", "film.mp4", "--json", "--data", Path.Combine(cli.Root, "second")));

        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
        using var receipt = JsonDocument.Parse(Assert.Single(cli.Out.Lines));
        Assert.Equal(tampered ? 0 : there, receipt.RootElement.GetProperty("resumed_bytes").GetInt64());
        Assert.Equal(tampered ? Film.Length : Film.Length - there, receipt.RootElement.GetProperty("total_bytes").GetInt64());
        Assert.False(File.Exists(part));
        Assert.False(File.Exists(part + ".json"));
    }

    [Fact]
    public async Task FileReplacedBetweenRuns_BeginsAgain_NeverTwoVersionsInOneFile()
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();
        await InterruptAsync(cli, origin);
        origin.BeforeBytes = null;
        origin.File = Film.Noise(62, Film.Length);
        origin.ETag = "\"v2\"";
        // The node's origin obeys If-Range as RFC 9110 says.
        origin.Answers = request => request.Field("If-Range") is not null ? origin.Honest(request with { Fields = [] }) : null;

        Assert.Equal(0, await GetAsync(cli, origin.Url, "-o", "film.mp4", "--data", Path.Combine(cli.Root, "second")));

        Assert.Equal(origin.File, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
        Assert.Contains(cli.Error.Lines, l => l.Contains("beginning again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnswerThatBreaks_IsGoneOnWith()
    {
        await using var origin = new FilmOrigin(Film);
        // Too short to be kept or shared by the node: what breaks there breaks here.
        origin.File = Film.Bytes[..50_000];
        origin.Answers = request => request.Number == 1 ? origin.Honest(request) with { CutAfter = 20_000 } : null;
        using var cli = new CliHarness();

        Assert.Equal(0, await GetAsync(cli, origin.Url));

        Assert.Equal(origin.File, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
        Assert.True(origin.Requests.Count > 1);
    }

    [Fact]
    public async Task NotFound_NamesUrlAndStatus_LeavesNothing()
    {
        await using var origin = new FilmOrigin(Film) { Answers = _ => FilmReply.Empty(404) };
        using var cli = new CliHarness();

        Assert.Equal(1, await GetAsync(cli, origin.Url));

        Assert.Contains(cli.Error.Lines, l => l.StartsWith($"{origin.Url}: the origin answered 404", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(cli.Root));
    }

    [Fact]
    public async Task ForbiddenTarget_SaysWhichFlagAllowsIt()
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();

        Assert.Equal(1, await cli.RunAsync(ProgramParts.All, "get", origin.Url, "--data", Path.Combine(cli.Root, "data")));

        Assert.Contains(cli.Error.Lines, l => l.Contains("--allow-target", StringComparison.Ordinal));
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task ExistingFile_IsNotReplaced_UnlessItWasNamed()
    {
        await using var origin = new FilmOrigin(Film);
        using var cli = new CliHarness();
        cli.Write("film.mp4", "mine");

        Assert.Equal(1, await GetAsync(cli, origin.Url));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(cli.Root, "film.mp4")));
        Assert.Contains(cli.Error.Lines, l => l.Contains("film.mp4 exists", StringComparison.Ordinal));

        Assert.Equal(0, await GetAsync(cli, origin.Url, "-o", "film.mp4"));
        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
    }

    [Fact]
    public async Task ListOfAddresses_FetchesAll_FailsIfOneFails()
    {
        await using var first = new FilmOrigin(Film) { Path = "/a.mp4" };
        await using var second = new FilmOrigin(Film) { Path = "/b.mp4" };
        await using var third = new FilmOrigin(Film) { Path = "/c.mp4", Answers = _ => FilmReply.Empty(410) };
        using var cli = new CliHarness();
        cli.Write("list", $"# films\n{first.Url}\n\n  {second.Url}\n{third.Url}\n");

        Assert.Equal(1, await GetAsync(cli, "-i", "list", "-o", "films/"));

        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "films", "a.mp4")));
        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "films", "b.mp4")));
        Assert.False(File.Exists(Path.Combine(cli.Root, "films", "c.mp4")));
    }

    [Fact]
    public async Task RunningNode_DoesTheWork_AndKeepsRunning()
    {
        await using var origin = new FilmOrigin(Film);
        using var daemon = new CliHarness();
        using var cli = new CliHarness();
        var data = Path.Combine(daemon.Root, "data");
        var running = daemon.RunAsync(ProgramParts.All, "--data", data, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--allow-target", "127.0.0.0/8");
        await daemon.ReadyAsync();

        Assert.Equal(0, await cli.RunAsync(ProgramParts.All, "get", origin.Url, "--data", data, "--peer", "127.0.0.1:9"));

        Assert.Equal(Film.Bytes, File.ReadAllBytes(Path.Combine(cli.Root, "film.mp4")));
        Assert.Contains(cli.Error.Lines, l => l.Contains("--peer has no effect here", StringComparison.Ordinal));
        Assert.Contains(daemon.Error.Lines, l => l.StartsWith("film.mp4 3.00 MiB", StringComparison.Ordinal));
        Assert.False(running.IsCompleted);
        daemon.Stop();
        Assert.Equal(0, await running);
    }

    [Theory]
    [InlineData("name an http or https URL", "get")]
    [InlineData("'ftp://a/b' is not an http or https URL", "get", "ftp://a/b")]
    [InlineData("'nowhere.torrent' is neither a file that exists nor a URL", "get", "nowhere.torrent")]
    [InlineData("--sha256: '00' is not a SHA-256", "get", "http://a.example/x", "--sha256", "00")]
    [InlineData("--sha256 is for one file", "get", "http://a.example/x", "http://a.example/y", "--sha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("-o - takes one file", "get", "http://a.example/x", "http://a.example/y", "-o", "-")]
    [InlineData("-i nowhere: cannot be read", "get", "-i", "nowhere")]
    public async Task Nonsense_IsOneSentenceAndExit2(string expected, params string[] arguments)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(arguments));
        Assert.Contains(expected, Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    private static Task<int> GetAsync(CliHarness cli, params string[] arguments) => cli.RunAsync(
        ProgramParts.All, ["get", .. arguments, "--allow-target", "127.0.0.0/8", .. arguments.Contains("--data") ? Array.Empty<string>() : ["--data", Path.Combine(cli.Root, "data")]]);

    /// <summary>A download that stops after 2 MiB by Ctrl-C; the part file it leaves.</summary>
    private static async Task<string> InterruptAsync(CliHarness cli, FilmOrigin origin)
    {
        var gate = new Gate();
        origin.BeforeBytes = (_, at, cancel) => at >= 2 << 20 ? gate.PassAsync(cancel) : Task.CompletedTask;
        var part = Path.Combine(cli.Root, "film.mp4.part");
        var running = GetAsync(cli, origin.Url, "-o", "film.mp4");
        await gate.Reached;
        await Eventually.IsTrueAsync(() => File.Exists(part) && new FileInfo(part).Length > 1 << 20, "a MiB in the part file");
        cli.Stop();
        Assert.Equal(130, await running);
        gate.Open();
        Assert.True(File.Exists(part + ".json"));
        return part;
    }
}
