using System.Text.Json;
using System.Text.RegularExpressions;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// What a person sees: the demo's film in Debian's Chromium and the dashboard beside it, driven by <c>tests/EndToEnd</c>. A recording of an idle
/// reader, made meanwhile, is dropped on the page.
/// </summary>
/// <param name="small">What every run has time for; else both schemes, more hostile names, and how smooth a thousand connections stay.</param>
public sealed partial class DashboardScenario(bool small) : IScenario
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(8);

    public string Name => small ? "dashboard" : "dashboard-all";

    public string Holds => "in Chromium the film plays, seeks and survives its peers; the dashboard answers a newcomer's questions, names the bloated socket, and takes any name for text";

    public IReadOnlyList<Tool> Needs => [Tool.Chromium, Tool.Node, Tool.Npm];

    public bool IsInCi => small;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var folder = Path.Combine(Repository.Root, "tests", "EndToEnd");
        await InstallAsync(bench, folder, stop);
        var environment = new Dictionary<string, string?> { ["SWARMSTREAM"] = SwarmstreamNode.ProgramFile, ["CHROMIUM"] = Tool.Chromium.Program };

        await using (var idle = ChildProcess.Start(bench.Reaper, "dotnet", [SwarmstreamNode.ProgramFile, "diag", "lab", "idle-reader", "--for", "10m"]))
        {
            var ready = await idle.WaitForLineAsync(l => l.StartsWith("READY idle-reader", StringComparison.Ordinal), RecordLimit, stop);
            var port = Port().Match(ready).Groups[1].Value;
            var recording = Path.Combine(bench.NewFolder("recording"), "idle.swd");
            await using var recorder = ChildProcess.Start(bench.Reaper, "dotnet", [SwarmstreamNode.ProgramFile, "diag", "record", recording, "--for", "3s"]);
            report.Equal("the recorder's exit code", await recorder.WaitForExitAsync(RecordLimit, stop), 0);
            await idle.TerminateAsync(TimeSpan.FromSeconds(5));

            string[] arguments = ["dashboard.mjs", "--recording", $"{recording}:{port}", .. small ? ["--small"] : Array.Empty<string>()];
            var taken = 0L;
            await using var page = ChildProcess.Start(bench.Reaper, Tool.Node.Program, arguments, environment, folder, line => taken += Take(line, report));
            report.Equal("the page's exit code", await page.WaitForExitAsync(RunLimit, stop), 0);
            report.Exchanged(Tool.Chromium, "took of the film", taken);
            bench.OnFailure(() => page.Errors);
        }

        if (!small)
        {
            await using var serve = ChildProcess.Start(bench.Reaper, Tool.Node.Program, ["serve.mjs"], environment, folder, line => Take(line, report));
            report.Equal("the page of diag serve: exit code", await serve.WaitForExitAsync(RunLimit, stop), 0);
            await using var frames = ChildProcess.Start(bench.Reaper, Tool.Node.Program, ["frames.mjs"], environment, folder, line => report.Note("frame times, ms", line));
            report.Equal("median frames within 16 ms, with 1,000 connections and 100,000 pieces", await frames.WaitForExitAsync(RunLimit, stop), 0);
        }
    }

    /// <exception cref="UnavailableException">npm cannot, with its reason.</exception>
    private static async Task InstallAsync(Bench bench, string folder, CancellationToken stop)
    {
        if (Directory.Exists(Path.Combine(folder, "node_modules", "playwright-core")))
        {
            return;
        }

        await using var npm = ChildProcess.Start(bench.Reaper, Tool.Npm.Program, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder: folder);
        if (await npm.WaitForExitAsync(InstallLimit, stop) != 0)
        {
            throw new UnavailableException($"npm fetches no playwright-core: {npm.Errors.Split('\n')[0]}");
        }
    }

    /// <summary>A statement a line, and at the end what Chromium took: bytes.</summary>
    private static long Take(string line, Report report)
    {
        using var said = JsonDocument.Parse(line);
        if (said.RootElement.TryGetProperty("bytes", out var bytes))
        {
            return bytes.GetInt64();
        }

        report.True(said.RootElement.GetProperty("what").GetString()!, said.RootElement.GetProperty("holds").GetBoolean(), said.RootElement.GetProperty("detail").GetString()!);
        return 0;
    }

    [GeneratedRegex(@"explain :(\d+)")]
    private static partial Regex Port();
}
