using System.Security.Cryptography.X509Certificates;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Exec;

/// <summary><c>exec</c> and <c>ca</c> as command lines.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ExecVerbTests : IDisposable
{
    private readonly CliHarness _cli = new();

    public ExecVerbTests() => _cli.Variables["PATH"] = Environment.GetEnvironmentVariable("PATH")!;

    public void Dispose() => _cli.Dispose();

    private async Task<Dictionary<string, string>> VariablesOfAsync(params string[] flags)
    {
        var file = Path.Combine(_cli.Root, "env");
        Assert.Equal(0, await _cli.RunAsync(["exec", .. flags, "--", "sh", "-c", "env > \"$0\"; cp \"${SSL_CERT_FILE:-/dev/null}\" \"$0.roots\"; cp \"${WGETRC:-/dev/null}\" \"$0.wgetrc\"", file]));
        return File.ReadAllLines(file).Where(static l => l.Contains('=')).DistinctBy(static l => l.Split('=')[0]).ToDictionary(static l => l.Split('=')[0], static l => l[(l.IndexOf('=') + 1)..]);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -TERM $$", 143)]
    public async Task Exec_ExitCode_IsTheCommands(string script, int code) => Assert.Equal(code, await _cli.RunAsync("exec", "--", "sh", "-c", script));

    [Fact]
    public async Task Exec_ArgumentsThatLookLikeOurs_AreTheCommands()
    {
        var file = Path.Combine(_cli.Root, "args");

        Assert.Equal(0, await _cli.RunAsync("exec", "--", "sh", "-c", "printf '%s\\n' \"$@\" > \"$0\"", file, "--data", "--help", "-i", "a b", "@x"));

        Assert.Equal(["--data", "--help", "-i", "a b", "@x"], await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Exec_WithoutNode_StartsOneForTheTimeOfTheCommand()
    {
        var variables = await VariablesOfAsync();

        Assert.Matches(@"^http://127\.0\.0\.1:[0-9]+$", variables["https_proxy"]);
        Assert.True(_cli.Node.IsDisposed);
        Assert.Contains("localhost", variables["NO_PROXY"], StringComparison.Ordinal);
        Assert.False(variables.ContainsKey("SSL_CERT_FILE"));
    }

    [Fact]
    public async Task Exec_WithANodeRunning_UsesThatOne()
    {
        var running = _cli.RunAsync("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0");
        var proxy = (await _cli.ReadyAsync()).Split(' ')[1]["proxy=".Length..];

        var variables = await VariablesOfAsync();

        Assert.Equal(proxy, variables["http_proxy"]);
        Assert.False(_cli.Node.IsDisposed);
        _cli.Stop();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task Exec_WithALocalAuthority_TrustsTheSystemsRootsTheUsersAndOurs()
    {
        using var authority = new TestAuthority();
        var mine = _cli.Write("mine.pem", authority.Roots[0].ExportCertificatePem());
        _cli.Write(".wgetrc", "tries = 3\n");
        Assert.Equal(0, await _cli.RunAsync("ca", "create", "--host", "files.example.org"));
        _cli.Variables["REQUESTS_CA_BUNDLE"] = mine;

        var variables = await VariablesOfAsync("--direct", "");

        Assert.All(ExecEnvironment.RootVariables, name => Assert.Equal(variables["SSL_CERT_FILE"], variables[name]));
        Assert.Equal("", variables["NO_PROXY"]);
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(Path.Combine(_cli.Root, "env.roots"));
        Assert.Contains(roots, r => r.RawData.AsSpan().SequenceEqual(authority.Roots[0].RawData));
        Assert.Contains(roots, r => r.Subject.Contains("files.example.org", StringComparison.Ordinal));
        using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine);
        store.Open(OpenFlags.ReadOnly);
        Assert.Superset(new HashSet<string>(store.Certificates.Select(static c => c.Thumbprint)), roots.Select(static c => c.Thumbprint).ToHashSet());
        Assert.Equal(roots.Count, roots.Select(static c => c.Thumbprint).Distinct().Count());
        Assert.DoesNotContain("PRIVATE", await File.ReadAllTextAsync(Path.Combine(_cli.Root, "env.roots"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal($"tries = 3\n\nca_certificate = {variables["SSL_CERT_FILE"]}\n", await File.ReadAllTextAsync(Path.Combine(_cli.Root, "env.wgetrc"), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(variables["SSL_CERT_FILE"]), "the files outlived the command");
    }

    [Theory]
    [InlineData(2, "exec needs a command after --", "exec")]
    [InlineData(127, "there is no such program", "exec", "--", "no-such-program-here")]
    [InlineData(127, "there is no such program", "exec", "--", "./sh")]
    [InlineData(2, "--connect-port: '0' is not a port", "exec", "--connect-port", "0", "--", "true")]
    [InlineData(2, "--host: 'org' covers a whole top-level domain", "ca", "create", "--host", "org")]
    [InlineData(2, "--host", "ca", "create")]
    [InlineData(1, "There is no CA", "ca", "show")]
    [InlineData(1, "There is no CA", "ca", "remove")]
    public async Task Mistake_IsOneSentence(int code, string sentence, params string[] arguments)
    {
        Assert.Equal(code, await _cli.RunAsync(arguments));
        Assert.Contains(sentence, Assert.Single(_cli.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_ProgramInTheWorkingFolder_IsNotTakenForACommand()
    {
        var script = _cli.Write("mytool", "#!/bin/sh\nexit 5\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Assert.Equal(127, await _cli.RunAsync("exec", "--", "mytool"));
        Assert.Equal(5, await _cli.RunAsync("exec", "--", "./mytool"));
    }

    [Fact]
    public async Task Ca_SameHosts_StaysTheSame_OtherHosts_AreAnotherCa()
    {
        Assert.Equal(0, await _cli.RunAsync("ca", "create", "--host", "b.example", "a.example", "--json"));
        Assert.Equal(0, await _cli.RunAsync("ca", "create", "--host", "a.example", "--host", "b.example", "--json"));
        Assert.Equal(0, await _cli.RunAsync("ca", "create", "--host", "a.example", "--json"));
        Assert.Equal(0, await _cli.RunAsync("ca", "show", "--json"));

        var lines = _cli.Out.Lines;
        Assert.Equal(lines[0], lines[1]);
        Assert.NotEqual(lines[1], lines[2]);
        Assert.Equal(lines[2], lines[3]);
        Assert.Contains("take it out of wherever you trusted it", _cli.Error.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ca_Show_NamesTheFileForEachToolAndNeverTheKey()
    {
        await _cli.RunAsync("ca", "create", "--host", "files.example.org");
        Assert.Equal(0, await _cli.RunAsync("ca", "show"));

        var text = _cli.Out.Text;
        foreach (var tool in new[] { "exec -- CMD", "curl --cacert", "wget --ca-certificate=", "NODE_EXTRA_CA_CERTS=", "pip --cert", "git config", "Acquire::https::files.example.org::CaInfo", "Firefox", "certutil" })
        {
            Assert.Contains(tool, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("PRIVATE", text, StringComparison.Ordinal);
        Assert.Equal(0, await _cli.RunAsync("ca", "remove"));
        Assert.Equal(1, await _cli.RunAsync("ca", "show"));
    }
}
