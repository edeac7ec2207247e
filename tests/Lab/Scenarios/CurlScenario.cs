using System.Globalization;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>The README's tour: curl through the proxy gets the identical file, and the receipt shows both sources.</summary>
public sealed class CurlScenario : IScenario
{
    private const double BytesPerSecond = 1_000_000;
    private const int FilmBytes = 12_000_000;

    public string Name => "curl";

    public string Holds => "curl -x through the proxy writes the identical file, and the receipt shows origin and peers";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Curl, Tool.Promtool];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmBytes, 2, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond, stop);
        await site.AddSeedAsync(BytesPerSecond * 2, stop);
        await site.AddSeedAsync(BytesPerSecond * 2, stop);
        await site.WaitForPeersAsync(2, stop);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);

        var output = Path.Combine(bench.Folder, "out");
        await using var curl = ChildProcess.Start(bench.Reaper, Tool.Curl.Program,
            ["-sS", "--fail", "-x", $"http://{node.Proxy}", site.Url.AbsoluteUri, "-o", output, "-w", "%{size_download} %{time_total}\\n"]);
        var exit = await curl.WaitForExitAsync(TimeSpan.FromMinutes(2), stop);
        var said = exit == 0 ? await curl.WaitForLineAsync(l => l.Length > 0, TimeSpan.FromSeconds(5), stop) : curl.Errors;
        report.Equal("curl's exit code", exit, 0);
        report.True("the file is identical", File.Exists(output) && File.ReadAllBytes(output).AsSpan().SequenceEqual(film.Content), said);
        if (exit != 0)
        {
            return;
        }

        var seconds = double.Parse(said.Split(' ')[1], CultureInfo.InvariantCulture);
        report.AtMost("seconds, against the origin alone", seconds, FilmBytes / BytesPerSecond, "s");
        var receipt = (await node.ReceiptsAsync(site.Path, stop))[^1];
        report.AtLeast("the receipt's origin bytes", receipt.OriginBytes, 1, "B");
        report.AtLeast("the receipt's peer bytes", receipt.PeerBytes, 1, "B");
        report.Equal("the receipt's total", receipt.TotalBytes, (long)FilmBytes);
        report.Equal("its outcome", receipt.Outcome, "complete");
        await MetricsAsync(bench, node, report, stop);
        report.AtMost("SIGTERM to the end", (await node.TerminateAsync()).TotalSeconds, 5, "s");
        report.Exchanged(Tool.Curl, "got", new FileInfo(output).Length);
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    private static async Task MetricsAsync(Bench bench, SwarmstreamNode node, Report report, CancellationToken stop)
    {
        report.AtLeast("metrics: bytes received from peers",
            await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop), 1, "B");
        var metrics = await node.MetricsAsync(stop);
        await using var promtool = ChildProcess.Start(bench.Reaper, Tool.Promtool.Program, ["check", "metrics"]);
        await promtool.FeedAsync(metrics, stop);
        var exit = await promtool.WaitForExitAsync(TimeSpan.FromSeconds(30), stop);
        report.True("promtool finds the metrics clean", exit == 0, $"exit {exit} {promtool.Errors}".Trim());
        report.Exchanged(Tool.Promtool, "read", metrics.Length);
    }
}
