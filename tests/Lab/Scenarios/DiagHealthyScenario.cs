using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>A busy machine on which nothing is wrong: a bulk transfer, downloads one after another, connections that idle. The diagnostics find nothing.</summary>
public sealed class DiagHealthyScenario : IScenario
{
    private const int Downloads = 200;
    private const int IdleConnections = 400;
    private const int DownloadBytes = 1_000_000;
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public string Name => "diag-healthy";

    public string Holds => "iperf3, 200 curls and 400 idle connections for a minute: no finding, exit 0";

    public IReadOnlyList<Tool> Needs => [Tool.Iperf3, Tool.Curl, Tool.Nginx];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var nginx = await Nginx.StartAsync(bench, null, stop);
        nginx.Publish("plain/file", new byte[DownloadBytes]);
        var port = Bench.FreePort().ToString(CultureInfo.InvariantCulture);
        var server = bench.Own(ChildProcess.Start(bench.Reaper, Tool.Iperf3.Program, ["-s", "-1", "-B", "127.0.0.1", "-p", port, "--forceflush"]));
        await server.WaitForLineAsync(l => l.Contains("listening", StringComparison.Ordinal), Limit, stop);
        var idle = new List<System.Net.Sockets.Socket>();
        try
        {
            for (var i = 0; i < IdleConnections; i++)
            {
                idle.Add(Poll.NewSocket());
                await idle[^1].ConnectAsync(nginx.Endpoint, stop);
            }

            var told = new StringBuilder();
            var bulk = new StringBuilder();
            var seconds = Watched.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture);
            var iperf = bench.Own(ChildProcess.Start(
                bench.Reaper, Tool.Iperf3.Program, ["-c", "127.0.0.1", "-p", port, "-t", seconds, "-b", "400M", "-J"], onLine: l => { lock (bulk) { bulk.AppendLine(l); } }));
            var check = bench.Own(ChildProcess.Start(
                bench.Reaper, "dotnet", [SwarmstreamNode.ProgramFile, "diag", "check", "--for", $"{seconds}s", "--json"], onLine: l => { lock (told) { told.AppendLine(l); } }));
            var got = 0L;
            for (var i = 0; i < Downloads; i++)
            {
                var file = Path.Combine(bench.Folder, "got");
                await using var curl = ChildProcess.Start(bench.Reaper, Tool.Curl.Program, ["-sS", "--fail", "-o", file, Nginx.UrlOf(nginx.Port, "/plain/file").AbsoluteUri]);
                got += await curl.WaitForExitAsync(Limit, stop) == 0 ? new FileInfo(file).Length : 0;
            }

            var exit = await check.WaitForExitAsync(Limit, stop);
            report.Equal("iperf3: exit code", await iperf.WaitForExitAsync(Limit, stop), 0);
            lock (told)
            {
                using var json = JsonDocument.Parse(told.ToString());
                var findings = json.RootElement.GetProperty("findings").EnumerateArray().Select(f => $"{f.GetProperty("verdict").GetString()} {f.GetProperty("cause").GetString()}").ToList();
                report.Equal("check: exit code", exit, 0);
                report.True("check: no finding", findings.Count == 0, findings.Count == 0 ? "none" : string.Join("; ", findings));
                report.AtLeast("connections watched at its end", json.RootElement.GetProperty("connection_count").GetInt32(), 2 * IdleConnections * 9 / 10, "");
                report.Note("its cost, of one core", json.RootElement.GetProperty("cost_share_of_a_core").GetDouble().ToString("P2", CultureInfo.InvariantCulture));
            }

            report.Equal("downloads: bytes", got, (long)Downloads * DownloadBytes);
            report.Exchanged(Tool.Curl, "got", got);
            lock (bulk)
            {
                using var json = JsonDocument.Parse(bulk.ToString());
                report.Exchanged(Tool.Iperf3, "sent", json.RootElement.GetProperty("end").GetProperty("sum_sent").GetProperty("bytes").GetInt64());
            }
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
    }
}
