using System.Text.Json;

namespace Swarm.Proxy.Tests;

/// <summary>Verbs, flags, exit codes and error sentences: the contract with scripts.</summary>
public sealed class CliVerbTests
{
    [Fact]
    public async Task Version_NamesProgramVersionAndCommit()
    {
        using var cli = new CliHarness();
        Assert.Equal(0, await cli.RunAsync("--version"));
        Assert.Matches(@"^swarmstream \d+\.\d+\.\d+ \(commit ([0-9a-f]{40}|unknown)\)$", Assert.Single(cli.Out.Lines));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("proxy", "--help")]
    public async Task Help_NamesEveryFlagOfTheContract(params string[] arguments)
    {
        using var cli = new CliHarness();
        Assert.Equal(0, await cli.RunAsync(arguments));
        foreach (var flag in new[]
        {
            "--listen", "--control", "--peer-listen", "--data", "--config", "--torrent", "--seed-now", "--swarm-host", "--share", "--allow-target", "--peer",
            "--no-dht", "--no-lsd", "--no-pex", "--quota", "--up-limit", "--down-limit", "--ratio", "--proxy-auth", "--trust-clients", "--upstream-proxy",
            "--record", "--log-format", "--access-log", "--access-log-format",
        })
        {
            Assert.Contains(flag, cli.Out.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("log", "explain", "--block", "3")]
    public async Task VerbNotBuilt_SaysSoInOneSentenceAndExits2(params string[] arguments)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(arguments));
        Assert.Contains("is not built yet", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
        Assert.Empty(cli.Out.Text);
    }

    [Theory]
    [InlineData("--down-limit", "1M")]
    public async Task FlagNotBuilt_NamesItInOneSentenceAndExits2(string flag, string value)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(flag, value));
        var sentence = Assert.Single(cli.Error.Lines);
        Assert.StartsWith(flag + ":", sentence, StringComparison.Ordinal);
        Assert.Contains("not built yet", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen: '12' is not an address and port", "--listen", "12")]
    [InlineData("--listen: other machines can reach 0.0.0.0:7976, and this would be an open proxy; add --proxy-auth FILE or --trust-clients CIDR", "--listen", "0.0.0.0:7976")]
    [InlineData("--trust-clients: '10.0.0.0/99' is not a network", "--trust-clients", "10.0.0.0/99")]
    [InlineData("--access-log-format: 'xml' is not one of combined, json", "--access-log-format", "xml")]
    [InlineData("--control: the control listener takes loopback addresses only", "--control", "192.0.2.1:7977")]
    [InlineData("--share: 'some' is not one of off, reading, seed", "--share", "some")]
    [InlineData("--up-limit: '0' is not a rate", "--up-limit", "0")]
    [InlineData("--ratio: '-1' is not a ratio", "--ratio", "-1")]
    [InlineData("--quota: 'much' is not a size; write 10GiB", "--quota", "much")]
    [InlineData("--peer: 'nowhere' is not a host and port", "--peer", "nowhere")]
    [InlineData("--gateway-root: 'a.example/v2' is no host", "--gateway-root", "a.example/v2")]
    [InlineData("--allow-target: '10.0.0.0/99' is neither a host nor a network", "--allow-target", "10.0.0.0/99")]
    [InlineData("--swarm-host: 'http://example.org/' is not a host", "--swarm-host", "http://example.org/")]
    [InlineData("--log-format: 'xml' is not one of text, json", "--log-format", "xml")]
    [InlineData("--config", "--config", "nowhere.json")]
    [InlineData("--bogus", "--bogus")]
    [InlineData("bogus", "bogus")]
    [InlineData("--listen is given twice", "--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2")]
    public async Task Nonsense_IsOneSentenceThatSaysWhatToWrite(string expected, params string[] arguments)
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync(arguments));
        var sentence = Assert.Single(cli.Error.Lines);
        Assert.Contains(expected == "--config" ? "does not exist" : expected, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SwitchOff_IsAcceptedInSilence()
    {
        using var cli = new CliHarness();
        Assert.Equal(0, await cli.RunAsync("config", "show", "--no-dht", "--no-lsd", "--no-pex", "--share", "off"));
        Assert.Empty(cli.Error.Text);
    }

    [Theory]
    [InlineData("--quota", "1GiB", "config", "show")]
    [InlineData("config", "show", "--quota", "1GiB")]
    public async Task Flag_MeansTheSameBeforeAndAfterTheVerb(params string[] arguments)
    {
        using var cli = new CliHarness();
        Assert.Equal(0, await cli.RunAsync(arguments));
        using var shown = JsonDocument.Parse(cli.Out.Text);
        var quota = shown.RootElement.GetProperty("settings").GetProperty("quota");
        Assert.Equal("1GiB", quota.GetProperty("value").GetString());
        Assert.Equal("--quota", quota.GetProperty("from").GetString());
    }

    [Fact]
    public async Task Status_WithoutNode_SaysSoAndExits1()
    {
        using var cli = new CliHarness();
        Assert.Equal(1, await cli.RunAsync("status"));
        Assert.StartsWith("No node is running here", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogReplay_WithoutReplay_SaysItIsNotBuilt()
    {
        using var cli = new CliHarness();
        Assert.Equal(2, await cli.RunAsync("log", "replay", "x.log"));
        Assert.Contains("not built yet", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task LogReplay_EndsAsTheReplayDid(bool same, int code)
    {
        using var cli = new CliHarness();
        var log = cli.Write("a.log", "x");
        var replay = new FakeReplay(same);
        Assert.Equal(code, await cli.RunAsync(cli.Parts() with { Replay = replay }, "log", "replay", "a.log"));
        Assert.Equal(log, replay.Path);
    }

    [Fact]
    public async Task LogReplay_OfNothing_NamesThePath()
    {
        using var cli = new CliHarness();
        Assert.Equal(1, await cli.RunAsync(cli.Parts() with { Replay = new FakeReplay(true) }, "log", "replay", "nowhere"));
        Assert.Contains("nowhere does not exist", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    private sealed class FakeReplay(bool same) : Lifetime.ILogReplay
    {
        public string? Path { get; private set; }

        public Task<bool> RunAsync(string path, TextWriter output, TextWriter error, CancellationToken cancellation)
        {
            Path = path;
            return Task.FromResult(same);
        }
    }
}
