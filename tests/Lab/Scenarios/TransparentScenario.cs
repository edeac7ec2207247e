using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A curl that knows of no proxy, in a namespace whose nftables send its connections to one: http, https opened and https relayed, IPv4 and IPv6; and
/// the same without the exemption of the proxy's own user, where nothing may loop.
/// </summary>
public sealed class TransparentScenario : IScenario
{
    private const int FileBytes = 500_000;
    private const int ListenPort = 7976;
    private const string V4 = "203.0.113.1"; // RFC 5737 and 3849: addresses of nobody
    private const string V6 = "2001:db8::1";
    private const string Unasked = "203.0.113.2"; // to which the proxy has no connection from before
    private const string Relayed = "relayed.example";
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);

    public string Name => "transparent";

    public string Holds => "redirected connections of programs that know of no proxy are answered, IPv4 and IPv6, and the proxy's own never loop";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Curl, Tool.Nft];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    /// <summary>The rules of Transparent/README.md; the proxy runs as root here, and who asks is nobody.</summary>
    private static string Rules(bool exempt) => $$"""
        flush ruleset
        table inet swarmstream {
          chain output {
            type nat hook output priority -100; policy accept;
            {{(exempt ? "meta skuid 0 return" : "")}}
            ip daddr 127.0.0.0/8 return
            ip6 daddr ::1 return
            tcp dport { 80, 443 } redirect to :{{ListenPort}}
          }
        }

        """;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [LineRate.Unlimited], stop);
        var host = network.Hosts[0];
        await InsideAsync(bench, host, [LabNetwork.IpProgram, "addr", "add", V4 + "/32", "dev", "lo"], stop);
        await InsideAsync(bench, host, [LabNetwork.IpProgram, "addr", "add", Unasked + "/32", "dev", "lo"], stop);
        await InsideAsync(bench, host, [LabNetwork.IpProgram, "addr", "add", V6 + "/128", "dev", "lo", "nodad"], stop);
        var authority = TestCa.Create(bench.NewFolder("ca"), [Relayed], [V4, V6]);
        var (log, content) = await OriginAsync(bench, host, authority, stop);

        File.SetUnixFileMode(bench.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute); // nobody reads the authority there
        var access = Path.Combine(bench.NewFolder("log"), "access.json");
        await using var node = await SwarmstreamNode.StartOnAsync(
            bench, host, stop, "--transparent", "--listen", $"127.0.0.1:{ListenPort}", "--allow-target", $"{V4}/32", "--allow-target", $"{Unasked}/32", "--allow-target", $"{V6}/128",
            "--origin-ca", authority.AuthorityPem, "--access-log", access, "--access-log-format", "json");
        await RulesAsync(bench, host, exempt: true, stop);

        // The control: whom the rules exempt reaches the origin itself.
        await CurlAsync("root, exempt", $"http://{V4}/file.bin", null, [], asRoot: true, requests: 1, logged: null);
        foreach (var (family, address, inUrl) in new[] { ("IPv4", V4, V4), ("IPv6", V6, $"[{V6}]") })
        {
            await CurlAsync($"{family}, http", $"http://{inUrl}/file.bin", null, [], asRoot: false, requests: 1, logged: $"GET http://{inUrl}/file.bin");
            await CurlAsync($"{family}, https relayed", $"https://{Relayed}/file.bin", authority.AuthorityPem, ["--resolve", $"{Relayed}:443:{inUrl}"], asRoot: false, requests: 1, logged: $"TUNNEL {Relayed}:443");
        }

        var made = await TypeAsync(node, bench, ["ca", "create", "--data", node.DataFolder, "--host", V4], stop);
        report.Equal("ca create", made, 0);
        var ca = Path.Combine(bench.NewFolder("public"), "ca.pem");
        File.Copy(Path.Combine(node.DataFolder, "state", "ca", "ca.pem"), ca);
        File.SetUnixFileMode(ca, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await CurlAsync("IPv4, https opened", $"https://{V4}/file.bin", ca, ["--http1.1"], asRoot: false, requests: 1, logged: $"GET https://{V4}/file.bin");

        await RulesAsync(bench, host, exempt: false, stop);
        foreach (var (what, url) in new[] { ("http", $"http://{Unasked}/loop.bin"), ("https", $"https://[{V6}]/loop.bin") })
        {
            var before = log().Count;
            var (exit, _) = await RunCurlAsync(url, ["-k", "--fail", "--max-time", "40"], asRoot: false);
            report.True($"no exemption, {what}: curl fails", exit is not 0 and not 28, $"exit {exit}"); // 28: it waited for ever
            report.Equal($"no exemption, {what}: requests at the origin", log().Count - before, 0);
        }

        report.True("no exemption: the log says what to do", node.Errors.Contains("Exempt the proxy's user", StringComparison.Ordinal), "");
        report.AtMost("no exemption: connections the proxy has open", Directory.EnumerateFileSystemEntries($"/proc/{node.Pid}/fd").Count(), 400, "");
        report.Exchanged(Tool.Nginx, "sent", log().Sum(e => e.BodyBytes));

        async Task CurlAsync(string what, string url, string? roots, string[] more, bool asRoot, int requests, string? logged)
        {
            var before = log().Count;
            var (exit, bytes) = await RunCurlAsync(url, ["--fail", .. roots is null ? Array.Empty<string>() : ["--cacert", roots], .. more], asRoot);
            report.True($"{what}: identical", exit == 0 && bytes.AsSpan().SequenceEqual(content), $"exit {exit}, {bytes.Length} B");
            report.Equal($"{what}: requests at the origin", log().Count - before, requests);
            if (logged is not null)
            {
                var came = await Poll.UntilAsync(_ => Task.FromResult(Logged(access).Contains(logged)), RunLimit, stop);
                report.True($"{what}: by the proxy", came, logged);
                report.Exchanged(Tool.Curl, what, bytes.Length);
            }
        }

        async Task<(int Exit, byte[] Bytes)> RunCurlAsync(string url, string[] more, bool asRoot)
        {
            var folder = bench.NewFolder("curl");
            File.SetUnixFileMode(folder, (UnixFileMode)0x1ff);
            var output = Path.Combine(folder, "out");
            string[] curl = [Tool.Curl.Program, "-sS", "--noproxy", "*", .. more, "-o", output, url];
            var (program, arguments) = host.Inside(asRoot ? curl[0] : "/usr/bin/setpriv", asRoot ? curl[1..] : ["--reuid=65534", "--regid=65534", "--clear-groups", .. curl]);
            await using var process = ChildProcess.Start(bench.Reaper, program, arguments, null, folder);
            var exit = await process.WaitForExitAsync(RunLimit, stop);
            return (exit, File.Exists(output) ? await File.ReadAllBytesAsync(output, stop) : []);
        }
    }

    private static List<string> Logged(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n')[..^1].Select(l => JsonDocument.Parse(l).RootElement).Select(e => $"{e.GetProperty("method").GetString()} {e.GetProperty("target").GetString()}")];
    }

    private static async Task<(Func<List<AccessEntry>> Log, byte[] Content)> OriginAsync(Bench bench, LabHost host, TestCa authority, CancellationToken stop)
    {
        var folder = bench.NewFolder("origin");
        var content = new byte[FileBytes];
        new Random(3).NextBytes(content);
        await File.WriteAllBytesAsync(Path.Combine(folder, "file.bin"), content, stop);
        await File.WriteAllBytesAsync(Path.Combine(folder, "loop.bin"), content, stop);
        var log = Path.Combine(folder, "access.log");
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off; master_process off; worker_processes 1; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log warn;
            events { worker_connections 512; }
            http {
              log_format lab '{{AccessEntry.Format}}';
              access_log {{log}} lab;
              client_body_temp_path {{folder}}/tmp; proxy_temp_path {{folder}}/tmp; fastcgi_temp_path {{folder}}/tmp; uwsgi_temp_path {{folder}}/tmp; scgi_temp_path {{folder}}/tmp;
              server {
                listen {{V4}}:80; listen {{Unasked}}:80; listen [{{V6}}]:80; listen {{V4}}:443 ssl; listen [{{V6}}]:443 ssl;
                ssl_certificate {{authority.CertificatePem}}; ssl_certificate_key {{authority.KeyPem}};
                root {{folder}};
              }
            }
            """, stop);
        var (program, arguments) = host.Inside(Tool.Nginx.Program, ["-c", Path.Combine(folder, "nginx.conf"), "-p", folder, "-e", Path.Combine(folder, "error.log")]);
        var nginx = bench.Own(ChildProcess.Start(bench.Reaper, program, arguments));
        await Poll.UntilListensAsync("nginx", new IPEndPoint(IPAddress.Parse(V4), 443), nginx, host.NewSocket, stop);
        return (() => File.Exists(log) ? [.. File.ReadAllLines(log).Select(AccessEntry.Parse)] : [], content);
    }

    private static Task RulesAsync(Bench bench, LabHost host, bool exempt, CancellationToken stop)
    {
        var file = Path.Combine(bench.NewFolder("nft"), "rules.nft");
        File.WriteAllText(file, Rules(exempt));
        return InsideAsync(bench, host, [Tool.Nft.Program, "-f", file], stop);
    }

    private static async Task InsideAsync(Bench bench, LabHost host, string[] command, CancellationToken stop)
    {
        var (outer, all) = host.Inside(command[0], command[1..]);
        await using var process = ChildProcess.Start(bench.Reaper, outer, all);
        if (await process.WaitForExitAsync(RunLimit, stop) != 0)
        {
            throw new LabException($"{string.Join(' ', command)}: {process.Errors}");
        }
    }

    private static async Task<int> TypeAsync(SwarmstreamNode node, Bench bench, string[] arguments, CancellationToken stop)
    {
        await using var process = node.Type(bench.Reaper, arguments);
        return await process.WaitForExitAsync(RunLimit, stop);
    }
}
