using System.Net;
using System.Net.Sockets;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Tests;

/// <summary>The node from READY to its end: what it prints, what it leaves, what it says when it cannot start.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class CliLifetimeTests
{
    private static readonly string[] AnyPort = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];

    [Fact]
    public async Task Ready_IsOneLineInTheFormOfTheContract_HintsGoToStderr()
    {
        using var cli = new CliHarness();
        var running = cli.RunAsync([.. AnyPort, "--swarm-host", "a.example", "b.example"]);
        var ready = await cli.ReadyAsync();
        Assert.Matches(@"^READY proxy=http://127\.0\.0\.1:\d+ control=http://127\.0\.0\.1:\d+ peer=none share=off hosts=2$", ready);
        cli.Stop();
        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(ready, Assert.Single(cli.Out.Lines));
        Assert.Contains("Dashboard:   http://127.0.0.1:", cli.Error.Text, StringComparison.Ordinal);
        Assert.Contains("curl -x http://127.0.0.1:", cli.Error.Text, StringComparison.Ordinal);
        Assert.True(cli.Node.IsDisposed);
    }

    [Fact]
    public async Task Ready_WithoutHosts_SaysHowToAllowThem_AndNamesThePeerListener()
    {
        using var cli = new CliHarness();
        cli.Node.PeerEndPoint = new IPEndPoint(IPAddress.IPv6Any, 51413);
        var running = cli.RunAsync(["proxy", .. AnyPort]);
        Assert.EndsWith(" peer=[::]:51413 share=off hosts=0", await cli.ReadyAsync(), StringComparison.Ordinal);
        cli.Stop();
        await running;
        Assert.Contains("--swarm-host HOST", cli.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunningNode_LeavesPrivateFiles_AndStatusFindsIt()
    {
        using var cli = new CliHarness();
        cli.Node.Now = NodeStatus.Idle with { Tunnels = [new("films.example", 5 << 20, 1)] };
        var running = cli.RunAsync(AnyPort);
        await cli.ReadyAsync();
        var token = Path.Combine(cli.Root, ".local/state/swarmstream/control.token");
        var runtime = Path.Combine(cli.Root, "run/swarmstream/control.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(runtime));

        using var asking = new Asking(cli);
        Assert.Equal(0, await asking.RunAsync("status"));
        Assert.Contains("Swarm hosts       none: all bytes come from the origin", asking.Text, StringComparison.Ordinal);
        Assert.Contains("Next: ", asking.Text, StringComparison.Ordinal);
        Assert.Matches(@"\nNot accelerated   https tunnel, 5\.0+ MiB of films\.example; .*'swarmstream ca create --host films\.example'\n", asking.Text);

        using var json = new Asking(cli);
        Assert.Equal(0, await json.RunAsync("status", "--json"));
        Assert.Contains("\"schema\":\"swarmstream.status/1\"", json.Text, StringComparison.Ordinal);

        cli.Stop();
        Assert.Equal(0, await running);
        Assert.False(File.Exists(runtime));
    }

    [Fact]
    public async Task Status_AfterACrash_SaysTheNodeHasEnded()
    {
        using var cli = new CliHarness();
        cli.Write(".local/state/swarmstream/control.token", new string('A', 43));
        using var gone = new TcpListener(IPAddress.Loopback, 0);
        gone.Start();
        var url = $"http://{gone.LocalEndpoint}";
        gone.Stop();
        cli.Write("run/swarmstream/control.json", $$"""{ "url": "{{url}}", "pid": 1, "token_file": "{{cli.Root}}/.local/state/swarmstream/control.token" }""");
        Assert.Equal(1, await cli.RunAsync("status"));
        Assert.Equal($"No node answers at {url}: it has ended. Start one with 'swarmstream'.", Assert.Single(cli.Error.Lines));
    }

    [Theory]
    [InlineData("--listen")]
    [InlineData("--control")]
    public async Task PortTaken_NamesHolderAndFlagInOneLine(string flag)
    {
        using var cli = new CliHarness();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var other = flag == "--listen" ? "--control" : "--listen";
        Assert.Equal(1, await cli.RunAsync(flag, holder.LocalEndpoint.ToString()!, other, "127.0.0.1:0"));
        var sentence = Assert.Single(cli.Error.Lines);
        Assert.StartsWith($"{holder.LocalEndpoint} is taken by ", sentence, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", sentence, StringComparison.Ordinal);
        Assert.Contains(flag + " ADDRESS:PORT", sentence, StringComparison.Ordinal);
        Assert.Empty(cli.Out.Text);
    }

    [Fact]
    public async Task DataFolderHeld_NamesFolderAndHolderInOneLine()
    {
        using var cli = new CliHarness();
        var running = cli.RunAsync([.. AnyPort, "--data", "d"]);
        await cli.ReadyAsync();
        using var second = new Asking(cli);
        Assert.Equal(1, await second.RunAsync([.. AnyPort, "--data", "d"]));
        Assert.Contains($"the data folder {cli.Root}/d is in use by another swarmstream (pid {Environment.ProcessId}, http://127.0.0.1:", Assert.Single(second.Errors), StringComparison.Ordinal);
        cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task DataFolderCannotBeMade_IsOneSentence()
    {
        using var cli = new CliHarness();
        cli.Write("file", "x");
        Assert.Equal(1, await cli.RunAsync([.. AnyPort, "--data", "file/sub"]));
        Assert.Contains("--data DIR", Assert.Single(cli.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartThatFailsToStart_EndsWithItsSentence_AndStopsWhatRan()
    {
        using var cli = new CliHarness();
        var parts = cli.Parts() with { StartProxy = (_, _, _) => Task.FromResult(Started.Failed<IProxyListener>("The gate is shut.")) };
        Assert.Equal(1, await cli.RunAsync(parts, AnyPort));
        Assert.Equal("The gate is shut.", Assert.Single(cli.Error.Lines));
        Assert.True(cli.Node.IsDisposed);
        Assert.False(File.Exists(Path.Combine(cli.Root, "run/swarmstream/control.json")));
    }

    [Fact]
    public async Task PartThatThrows_EndsWithoutATrace()
    {
        using var cli = new CliHarness();
        var parts = cli.Parts() with { StartEngine = (_, _) => throw new InvalidOperationException("the disk\nis upside down") };
        Assert.Equal(1, await cli.RunAsync(parts, AnyPort));
        Assert.Equal("the node cannot start: the disk is upside down.", Assert.Single(cli.Error.Lines));
    }

    [Fact]
    public async Task Reload_TakesOverWhatCanChange_AndNamesWhatCannot()
    {
        using var cli = new CliHarness();
        var config = cli.Write(".config/swarmstream/swarmstream.json", """{ "swarm-host": ["a.example"] }""");
        var running = cli.RunAsync(AnyPort);
        await cli.ReadyAsync();
        File.WriteAllText(config, """{ "swarm-host": ["b.example"], "quota": "1GiB" }""");
        cli.Reload();
        Assert.Equal("Configuration read again: swarm-host changed; quota needs a restart.", cli.Error.Lines[^1]);
        Assert.Equal(["b.example"], cli.Node.Reloaded!.SwarmHosts);

        File.WriteAllText(config, "{ nonsense");
        cli.Reload();
        Assert.StartsWith("Configuration kept as it was: ", cli.Error.Lines[^1], StringComparison.Ordinal);
        cli.Stop();
        Assert.Equal(0, await running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_OfAPartThatHangs_EndsWithoutIt(bool blocks)
    {
        using var cli = new CliHarness();
        using var hang = new ManualResetEventSlim();
        var parts = cli.Parts() with { StartProxy = (start, _, _) => Task.FromResult(Started.As<IProxyListener>(new HangingListener(start.Settings.Listen, blocks, hang))) };
        var running = cli.RunAsync(parts, AnyPort);
        await cli.ReadyAsync();
        cli.Stop();

        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.StartsWith("Stopped without waiting for all parts", cli.Error.Lines[^1], StringComparison.Ordinal);
        hang.Set();
    }

    [Fact]
    public void Token_IsKeptOverRestarts_AndReplacedIfOthersCouldReadIt()
    {
        using var cli = new CliHarness();
        var state = Directory.CreateDirectory(Path.Combine(cli.Root, "state")).FullName;
        var first = ControlToken.LoadOrCreate(state).Text;
        Assert.Equal(43, first.Length);
        Assert.Equal(first, ControlToken.LoadOrCreate(state).Text);
        File.SetUnixFileMode(Path.Combine(state, "control.token"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.NotEqual(first, ControlToken.LoadOrCreate(state).Text);
    }

    [Theory]
    [InlineData("  0: 0100007F:1F2C 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0", "127.0.0.1:7980", 4711L)]
    [InlineData("  0: 00000000:1F2C 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0", "127.0.0.1:7980", 4711L)]
    [InlineData("  0: 00000000000000000000000001000000:1F2C 00000000000000000000000000000000:0000 0A 0:0 0:0 0 1000 0 12 1", "[::1]:7980", 12L)]
    [InlineData("  0: 0200007F:1F2C 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0", "127.0.0.1:7980", null)]
    [InlineData("  0: 0100007F:1F2D 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0", "127.0.0.1:7980", null)]
    [InlineData("  0: 0100007F:1F2C 0100007F:0050 01 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0", "127.0.0.1:7980", null)]
    [InlineData("garbage", "127.0.0.1:7980", null)]
    [InlineData("  0: ZZ00007F:1F2C x 0A x x x x x x x", "127.0.0.1:7980", null)]
    public void PortHolder_ReadsListenersOfProcNetTcp(string row, string endpoint, long? inode) =>
        Assert.Equal(inode, PortHolder.ListenerInode(row, IPEndPoint.Parse(endpoint)));

    /// <summary>A second command line in the same surroundings, with its own output.</summary>
    private sealed class Asking(CliHarness cli) : IDisposable
    {
        private readonly StringWriter _out = new();
        private readonly StringWriter _error = new();

        public string Text => _out.ToString();
        public string[] Errors => _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public Task<int> RunAsync(params string[] arguments) => Cli.CommandTree.RunAsync(
            arguments, new Cli.Surroundings(cli.Variables, cli.Root, _out, _error), cli.Parts(), new NoSignals(), TestContext.Current.CancellationToken);

        public void Dispose()
        {
            _out.Dispose();
            _error.Dispose();
        }
    }

    /// <summary>Never stops; if it blocks, not even the call comes back.</summary>
    private sealed class HangingListener(IPEndPoint endPoint, bool blocks, ManualResetEventSlim until) : IProxyListener
    {
        public IPEndPoint EndPoint => endPoint;

        public Task StopAsync(CancellationToken cancellation)
        {
            if (blocks)
            {
                until.Wait(CancellationToken.None);
            }

            return new TaskCompletionSource().Task;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class NoSignals : ILifetimeSignals
    {
        public IDisposable Listen(Action stop, Action reload) => new CancellationTokenSource();
    }
}
