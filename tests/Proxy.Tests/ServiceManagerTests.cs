using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Tests;

/// <summary>sd_notify and socket activation, by the built program as a process, and the unit files.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ServiceManagerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What systemd does before it starts a service with a socket: descriptor 3 listens, and the variables say so.</summary>
    private const string Activate = """
        import os, socket, sys
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        s.listen()
        print("PORT", s.getsockname()[1], flush=True)
        os.dup2(s.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="proxy")
        os.execvp("dotnet", ["dotnet"] + sys.argv[1:])
        """;

    private readonly string _home = Directory.CreateTempSubdirectory("swarm-sd-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Service_WithASocketOfItsOwn_AnswersThere_AndTellsItsStates()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var notices = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var path = Path.Combine(_home, "notify");
        notices.Bind(new UnixDomainSocketEndPoint(path));
        var start = new ProcessStartInfo(
            "python3", ["-c", Activate, Path.Combine(AppContext.BaseDirectory, "swarmstream.dll"), "proxy", "--control", "127.0.0.1:0", "--share", "off", "--data", Path.Combine(_home, "data")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = _home;
        start.Environment["NOTIFY_SOCKET"] = path;
        using var program = Process.Start(start)!;
        _ = program.StandardError.ReadToEndAsync(cancellation);
        try
        {
            var port = (await LineAsync(program, cancellation)).Split(' ')[1];
            var ready = await LineAsync(program, cancellation);
            Assert.StartsWith($"READY proxy=http://127.0.0.1:{port} ", ready, StringComparison.Ordinal);
            Assert.Equal($"READY=1\nSTATUS={ready}", await NoticeAsync(notices, cancellation));
            using (var client = new TcpClient())
            {
                await client.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture), cancellation);
                await client.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellation);
                using var answer = new StreamReader(client.GetStream());
                Assert.StartsWith("HTTP/1.1 ", await answer.ReadLineAsync(cancellation), StringComparison.Ordinal);
            }

            await SignalAsync(program, "HUP", cancellation);
            Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=\d+$", await NoticeAsync(notices, cancellation));
            Assert.Equal("READY=1\nSTATUS=Configuration read again: nothing changed.", await NoticeAsync(notices, cancellation));

            await SignalAsync(program, "TERM", cancellation);
            Assert.Equal("STOPPING=1", await NoticeAsync(notices, cancellation));
            await program.WaitForExitAsync(cancellation).WaitAsync(Patience, cancellation);
            Assert.Equal(0, program.ExitCode);
        }
        finally
        {
            if (!program.HasExited)
            {
                program.Kill();
                await program.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    [Theory]
    [InlineData("7", "1", null, 1)]
    [InlineData("7", "2", "proxy:peer", 2)]
    [InlineData("8", "1", null, 0)]
    [InlineData("7", "0", null, 0)]
    [InlineData("7", "-1", null, 0)]
    [InlineData("7", "17", null, 0)]
    [InlineData("7", "x", null, 0)]
    [InlineData(null, "1", null, 0)]
    [InlineData("7", null, "proxy", 0)]
    public void ListenVariables_CountOnlyForThisProcess(string? pid, string? count, string? names, int expected)
    {
        var variables = new Dictionary<string, string>();
        foreach (var (name, value) in new[] { ("LISTEN_PID", pid), ("LISTEN_FDS", count), ("LISTEN_FDNAMES", names) })
        {
            if (value is not null)
            {
                variables[name] = value;
            }
        }

        var read = ListenVariables.Read(new Surroundings(variables, _home, TextWriter.Null, TextWriter.Null), processId: 7);
        Assert.Equal(Enumerable.Range(3, expected), read.Select(r => r.Descriptor));
        Assert.Equal((names?.Split(':') ?? [""]).Take(expected), read.Select(r => r.Name));
    }

    [Theory]
    [InlineData("/nowhere/notify")]
    [InlineData("@nobody-listens-here")]
    [InlineData("not a path")]
    public void Notice_ThatNobodyTakes_IsNoTrouble(string socket) =>
        new ServiceNotice(new Surroundings(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = socket }, _home, TextWriter.Null, TextWriter.Null)).Ready("well");

    [Fact]
    public async Task Units_AreWhatSystemdUnderstands_AndHardened()
    {
        var units = Path.Combine(AppContext.BaseDirectory, "systemd");
        var files = Directory.GetFiles(units).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["swarmstream-seed.service", "swarmstream.service", "swarmstream.socket"], files.Select(Path.GetFileName));
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            if (file.EndsWith(".service", StringComparison.Ordinal))
            {
                foreach (var line in new[] { "Type=notify", "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "LimitNOFILE=65536" })
                {
                    Assert.Contains(line, text.Split('\n'));
                }

                // One file that unpacks itself: without a home it must be told where.
                Assert.Contains("Environment=DOTNET_BUNDLE_EXTRACT_BASE_DIR=%C/", text, StringComparison.Ordinal);
            }

            await File.WriteAllTextAsync(Path.Combine(_home, Path.GetFileName(file)), text.Replace("/usr/local/bin/swarmstream", "/bin/true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }

        var user = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "systemd-user", "swarmstream-user.service"), TestContext.Current.CancellationToken);
        Assert.Contains("Type=notify", user);

        // Where systemd is, it judges itself: it warns of every line that it does not know.
        if (File.Exists("/usr/bin/systemd-analyze"))
        {
            using var verify = Process.Start(new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", .. files.Select(f => Path.Combine(_home, Path.GetFileName(f)))]) { RedirectStandardError = true })!;
            Assert.Equal("", await verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await verify.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, verify.ExitCode);
        }
    }

    private static async Task<string> LineAsync(Process program, CancellationToken cancellation) =>
        await program.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Patience, cancellation) ?? "";

    private static async Task<string> NoticeAsync(Socket notices, CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        var n = await notices.ReceiveAsync(buffer, cancellation).AsTask().WaitAsync(Patience, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, n);
    }

    private static async Task SignalAsync(Process program, string signal, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", ["-" + signal, program.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellation);
    }
}
