using System.Text;
using Swarm.Lab.Harness;
using Swarm.Lab.Tools;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// <c>swarmstream exec -- CMD</c> with the tools people have: http, and https that the proxy opens, against an origin whose private authority the node
/// alone knows. The access log is the witness that a tool went through the proxy, the origin that it got the right bytes.
/// </summary>
/// <param name="small">A few tools, for every run; else all of them, and the README's table.</param>
public sealed class ToolsScenario(bool small) : IScenario
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    private readonly IReadOnlyList<ToolRow> _rows = small ? ToolRows.Small : ToolRows.All;

    public string Name => small ? "tools-small" : "tools";

    public string Holds => "what is typed after 'exec --' gets the origin's bytes through the proxy, http and https, and the system's trust is untouched";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Git, Tool.Apt, .. _rows.Select(r => r.Tool).Except([Tool.Git, Tool.Apt]), .. small ? Array.Empty<Tool>() : [Tool.Certutil]];

    public bool IsInCi => small;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var trust = TrustStore.Read();
        var authority = TestCa.Create(bench.NewFolder("ca"));
        var site = await ToolSite.StartAsync(bench, authority, stop);
        var log = Path.Combine(bench.NewFolder("log"), "access.json");
        await using var node = await SwarmstreamNode.StartAsync(
            bench, stop, null, "--allow-target", "localhost", "--origin-ca", authority.AuthorityPem, "--connect-port", $"{site.Origin.TlsPort}", "--access-log", log, "--access-log-format", "json");
        var created = await TypeAsync(bench, node, bench.Folder, ["ca", "create", "--data", node.DataFolder, "--host", "localhost"], stop);
        report.Equal("ca create", created.Exit, 0);
        await DirectAsync(bench, report, site, node, log, stop);

        var table = new StringBuilder("| tool | version | http | https | bytes | identical |\n|---|---|---|---|---|---|\n");
        foreach (var row in _rows)
        {
            if (row.Unable() is { } unable)
            {
                report.Note(row.Tool.Name, unable);
                table.Append($"| {row.Tool.Name} | {Version(row.Tool)} | no | no | | {unable} |\n");
                continue;
            }

            var http = await RunAsync(bench, report, site, node, row, isHttps: false, log, stop);
            var https = await RunAsync(bench, report, site, node, row, isHttps: true, log, stop);
            report.Exchanged(row.Tool, "took through the proxy", http.Bytes + https.Bytes);
            table.Append($"| {row.Tool.Name} | {Version(row.Tool)} | {Word(http.Came)} | {Word(https.Came)} | {http.Bytes + https.Bytes:N0} | {Word(http.Got && https.Got)} |\n");
        }

        if (!small)
        {
            await PacAsync(bench, report, node, stop);
        }

        bench.Log.WriteLine(table);
        var after = TrustStore.Read();
        report.AtLeast("files that say whom the system trusts", trust.Files, 1, "");
        report.Equal("their hash, before and after", after.Hash, trust.Hash);
    }

    private static async Task PacAsync(Bench bench, Report report, SwarmstreamNode node, CancellationToken stop)
    {
        var lines = new List<string>();
        await using var process = ChildProcess.Start(
            bench.Reaper, Tool.Node.Program, ["-e", PacCases.Program, await node.ProxyPacAsync(stop), .. PacCases.All.Select(c => c.Url)], null, bench.Folder, line => { lock (lines) { lines.Add(line); } });
        report.Equal("proxy.pac: node's exit code", await process.WaitForExitAsync(RunLimit, stop), 0);
        lock (lines)
        {
            var wrong = PacCases.All.Zip(lines).Where(p => p.Second != (p.First.IsProxied ? $"PROXY {node.Proxy}; DIRECT" : "DIRECT")).Select(p => $"{p.First.Url}: {p.Second}").ToList();
            report.True($"proxy.pac: {PacCases.All.Count} URLs", lines.Count == PacCases.All.Count && wrong.Count == 0, string.Join(", ", wrong));
        }
    }

    /// <summary>Without a word about it, an origin on this machine is asked directly.</summary>
    private static async Task DirectAsync(Bench bench, Report report, ToolSite site, SwarmstreamNode node, string log, CancellationToken stop)
    {
        var run = await TypeAsync(bench, node, bench.NewFolder("direct"), ["exec", "--data", node.DataFolder, "--", "curl", "-sS", "--fail", "-O", $"{site.BaseOf(https: false)}/direct.bin"], stop);
        report.Equal("a private name: exit code", run.Exit, 0);
        report.Equal("a private name: requests at the origin", site.Origin.Log().Count(e => e.Path == "/plain/direct.bin"), 1);
        report.Equal("a private name: requests at the proxy", ProxyLog.Answered(log, site.BaseOf(https: false)).Count, 0);
    }

    private static async Task<(bool Came, bool Got, long Bytes)> RunAsync(
        Bench bench, Report report, ToolSite site, SwarmstreamNode node, ToolRow row, bool isHttps, string log, CancellationToken stop)
    {
        var what = $"{row.Tool.Name}, {(isHttps ? "https" : "http")}";
        var run = new ToolRun(site, site.BaseOf(isHttps), isHttps, bench.NewFolder(row.Tool.Name));
        File.Copy(Path.Combine(node.DataFolder, "state", "ca", "ca.pem"), run.In("ca.pem"));
        row.Before(run);
        var before = ProxyLog.Bytes(log, run.Base);
        foreach (var command in row.Commands(run))
        {
            var typed = await TypeAsync(bench, node, run.Folder, ["exec", "--data", node.DataFolder, "--direct", row.Direct, "--", .. command], stop, run.In("home"));
            run = run with { Output = typed.Output };
            if (typed.Exit != 0)
            {
                report.Failed(what, $"exit {typed.Exit}: {typed.Errors}");
                return (false, false, 0);
            }
        }

        var bytes = await ProxyLog.MoreAsync(log, run.Base, before, stop);
        var came = bytes > 0;
        var got = row.Got(run);
        report.True(what, came && got, $"{(came ? $"{bytes} B through the proxy" : "not through the proxy")}, {(got ? "identical" : "other bytes")}");
        return (came, got, bytes);
    }

    private static async Task<(int Exit, string Output, string Errors)> TypeAsync(
        Bench bench, SwarmstreamNode node, string folder, IEnumerable<string> arguments, CancellationToken stop, string? home = null)
    {
        var output = new StringBuilder();
        await using var process = node.Type(bench.Reaper, arguments, folder, home, line => { lock (output) { output.AppendLine(line); } });
        var exit = await process.WaitForExitAsync(RunLimit, stop);
        lock (output)
        {
            return (exit, output.ToString(), process.Errors);
        }
    }

    private static string Word(bool holds) => holds ? "yes" : "**no**";

    /// <summary>The number alone.</summary>
    private static string Version(Tool tool) => tool.Version!.Split(' ', ',').FirstOrDefault(w => w.TrimStart('v').FirstOrDefault() is >= '0' and <= '9')?.TrimStart('v') ?? tool.Version;
}
