using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Proxy.Tests;

/// <summary>The built program as a process: signals and exit code as a service manager sees them.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class CliProcessTests
{
    /// <summary>5 s by contract, with slack for a busy machine.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_WithAnOpenDownload_EndsCleanlyWithCode0(string signal)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;
        using var origin = new TcpListener(IPAddress.Loopback, 0);
        origin.Start();
        using var program = Start(home, "proxy", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--allow-target", "127.0.0.1", "--data", home);
        try
        {
            var ready = await program.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), cancellation);
            Assert.StartsWith("READY proxy=http://127.0.0.1:", ready, StringComparison.Ordinal);
            using var client = await OpenDownloadAsync(new Uri(ready!.Split(' ')[1]["proxy=".Length..]), origin);

            using (var kill = Process.Start("kill", ["-" + signal, program.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync(cancellation);
            }

            await program.WaitForExitAsync(cancellation).WaitAsync(StopLimit, cancellation);
            Assert.Equal(0, program.ExitCode);
            Assert.Equal("", await program.StandardOutput.ReadToEndAsync(cancellation));
            Assert.DoesNotContain("   at ", await program.StandardError.ReadToEndAsync(cancellation), StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(home, "state", "control.json")));
        }
        finally
        {
            if (!program.HasExited)
            {
                program.Kill();
                await program.WaitForExitAsync(CancellationToken.None);
            }

            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData("swarmstream to", "to", "torrent")]
    [InlineData("swarmstream torrent sh", "sh", "show")]
    [InlineData("swarmstream --share ", "", "off reading seed")]
    [InlineData("swarmstream get http://h/f --swarm-", "--swarm-", "--swarm-host")]
    [InlineData("/any/path/swarmstream diag che", "che", "check")]
    [InlineData("swarmstream completion ", "", "bash fish zsh")]
    [InlineData("swarmstream diag lab id", "id", "idle-reader")]
    [InlineData("swarmstream nothing-like-this", "nothing-like-this", "")]
    public async Task Completion_InBash_OffersTheWordsThatFit(string line, string word, string words)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;
        try
        {
            using var program = Start(home, "completion", "bash");
            var script = await program.StandardOutput.ReadToEndAsync(cancellation);
            await program.WaitForExitAsync(cancellation);
            Assert.Equal(0, program.ExitCode);

            var path = Path.Combine(home, "swarmstream");
            await File.WriteAllTextAsync(path, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "swarmstream.dll")}' \"$@\"\n", cancellation);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // As bash calls it when Tab is pressed at the end of the line.
            var start = new ProcessStartInfo("bash", ["--norc", "--noprofile", "-c", script + "\nCOMP_LINE=$2 COMP_POINT=${#2}; _swarmstream \"$1\" \"$3\"; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash",
                path, line, word]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["HOME"] = home;
            using var bash = Process.Start(start)!;
            var offered = await bash.StandardOutput.ReadToEndAsync(cancellation);
            Assert.Equal("", await bash.StandardError.ReadToEndAsync(cancellation));
            Assert.Equal(words, string.Join(' ', offered.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(w => words.Length == 0 || !w.StartsWith('-') || word.StartsWith('-')).Order(StringComparer.Ordinal)));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData(60, "proxy")]
    [InlineData(150, "proxy")]
    [InlineData(60, "doctor")]
    public async Task TooFewFiles_EndsWithASentence_ThatSaysHowToHaveMore(int files, string verb)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;
        try
        {
            // Both limits: the runtime raises the soft one to the hard one.
            var start = new ProcessStartInfo("sh", ["-c", "ulimit -n \"$1\"; shift; exec dotnet \"$@\"", "sh", files.ToString(CultureInfo.InvariantCulture),
                Path.Combine(AppContext.BaseDirectory, "swarmstream.dll"), verb, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", home]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["HOME"] = home;
            using var program = Process.Start(start)!;
            var said = program.StandardError.ReadToEndAsync(cancellation);
            Assert.Equal("", await program.StandardOutput.ReadToEndAsync(cancellation));
            await program.WaitForExitAsync(cancellation);
            Assert.StartsWith($"only {files} files and sockets may be open at once, and a node needs", Assert.Single((await said).Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.Equal(1, program.ExitCode);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task GetToStandardOutput_IsTheBytesAndNothingElse()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("swarmstream-test-").FullName;
        var film = Swarmed.Film.Make(63);
        await using var origin = new Swarmed.FilmOrigin(film);
        using var program = Start(home, "get", origin.Url, "-o", "-", "--json", "--allow-target", "127.0.0.1", "--data", home);
        try
        {
            var error = program.StandardError.ReadToEndAsync(cancellation);
            using var bytes = new MemoryStream();
            await program.StandardOutput.BaseStream.CopyToAsync(bytes, cancellation);
            await program.WaitForExitAsync(cancellation);

            Assert.True(program.ExitCode == 0, await error);
            Assert.Equal(film.Bytes, bytes.ToArray());
            Assert.Contains("\"schema\":\"swarmstream.receipt/1\"", await error, StringComparison.Ordinal);
            Assert.DoesNotContain('\x1b', await error);
        }
        finally
        {
            if (!program.HasExited)
            {
                program.Kill();
                await program.WaitForExitAsync(CancellationToken.None);
            }

            Directory.Delete(home, recursive: true);
        }
    }

    private static Process Start(string home, params string[] arguments)
    {
        // A shell starts what it runs in the background with SIGINT ignored, and that is inherited.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "swarmstream.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = home;
        start.Environment.Remove("XDG_RUNTIME_DIR");
        return Process.Start(start)!;
    }

    /// <summary>A download whose first bytes have arrived and whose rest never comes.</summary>
    private static async Task<TcpClient> OpenDownloadAsync(Uri proxy, TcpListener origin)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var client = new TcpClient();
        await client.ConnectAsync(proxy.Host, proxy.Port, cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET http://{origin.LocalEndpoint}/film HTTP/1.1\r\nHost: {origin.LocalEndpoint}\r\n\r\n"), cancellation);
        var served = await origin.AcceptTcpClientAsync(cancellation);
        var buffer = new byte[4096];
        var asked = await served.GetStream().ReadAsync(buffer, cancellation);
        Assert.True(asked > 0);
        await served.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nfirst bytes"u8.ToArray(), cancellation);
        var answer = "";
        while (!answer.Contains("first bytes", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, cancellation);
            Assert.True(read > 0, answer);
            answer += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return client;
    }
}
