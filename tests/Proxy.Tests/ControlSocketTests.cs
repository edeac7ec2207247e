using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tests;

/// <summary>The unix socket of a node: for its user alone, the whole API without a token; the port keeps its rules.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ControlSocketTests
{
    [Fact]
    public async Task RunningNode_HasASocketOfMode0600_ThatIsGoneAfterwards()
    {
        using var cli = new CliHarness();
        var running = cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0");
        await cli.ReadyAsync();
        var socket = Path.Combine(cli.Root, "run", "swarmstream", "control.sock");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(socket)!));
        Assert.Contains("HTTP/1.1 200", await AskAsync(socket, "GET /api/v1/status HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

        cli.Stop();
        Assert.Equal(0, await running);
        Assert.Equal([], Directory.GetFileSystemEntries(Path.GetDirectoryName(socket)!));
    }

    [Fact]
    public async Task Port_StillWantsTheToken_WhileTheSocketDoesNot()
    {
        using var cli = new CliHarness();
        var running = cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0");
        var ready = await cli.ReadyAsync();
        var control = ready.Split(' ').First(p => p.StartsWith("control=", StringComparison.Ordinal))["control=".Length..];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        using var answer = await client.GetAsync(new Uri(control + "/api/v1/status"), TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)answer.StatusCode);

        cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task SocketOfACrashedNode_IsReplaced()
    {
        using var cli = new CliHarness();
        var folder = Directory.CreateDirectory(Path.Combine(cli.Root, "run", "swarmstream")).FullName;
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stale.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "control.sock")));
        }

        File.WriteAllText(Path.Combine(folder, "control.sock"), "");
        var running = cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0");
        await cli.ReadyAsync();

        Assert.Contains("HTTP/1.1 200", await AskAsync(Path.Combine(folder, "control.sock"), "GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task FolderTooDeepForASocket_TheNodeIsReachedByItsPort()
    {
        using var cli = new CliHarness();
        var deep = Path.Combine(cli.Root, string.Join('/', Enumerable.Repeat("deep-folder", 10)));
        var running = cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", deep);
        await cli.ReadyAsync();
        Assert.False(File.Exists(ControlSocket.PathIn(Path.Combine(deep, "state"))));

        using var second = new CliHarness();
        Assert.Equal(0, await second.RunAsync("status", "--data", deep));
        Assert.Contains("Running", second.Out.Text, StringComparison.Ordinal);

        cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task Status_AsksBySocket_WithoutReadingTheToken()
    {
        using var cli = new CliHarness();
        var data = Path.Combine(cli.Root, "data");
        var running = cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", data);
        await cli.ReadyAsync();
        File.Delete(Path.Combine(data, "state", ControlToken.FileName));

        using var second = new CliHarness();
        Assert.Equal(0, await second.RunAsync("status", "--data", data));

        cli.Stop();
        Assert.Equal(ExitCode.Success, await running);
    }

    private static async Task<string> AskAsync(string path, string request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
