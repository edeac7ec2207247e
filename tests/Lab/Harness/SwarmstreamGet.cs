using System.Diagnostics;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>One <c>swarmstream get</c> as a user runs it in a fresh folder: what it wrote, its receipt, how it ended.</summary>
public sealed record SwarmstreamGet(int ExitCode, byte[] File, Receipt? Receipt, double Seconds, string Said)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <param name="target">A torrent file or a magnet.</param>
    /// <param name="more">How it finds peers and whom it may dial; nothing for the trackers of the lab's net.</param>
    public static async Task<SwarmstreamGet> RunAsync(Bench bench, LabHost host, string target, CancellationToken stop, params string[] more)
    {
        var home = bench.NewFolder("user");
        var output = Path.Combine(home, "got");
        var (program, inside) = host.Inside("dotnet",
            [
                SwarmstreamNode.ProgramFile, "get", target, "-o", output, "--json", .. more.Contains("--dht-bootstrap") ? [] : SwarmstreamNode.DhtFlags(null),
                .. more.Length > 0 ? more : ["--allow-target", LabNetwork.Net, "--no-lsd"],
            ]);
        string? receipt = null;
        var clock = Stopwatch.StartNew();
        await using var process = ChildProcess.Start(
            bench.Reaper, program, inside, SwarmstreamNode.EnvironmentOf(home), home, line => receipt = line.StartsWith('{') ? line : receipt);
        var exit = await process.WaitForExitAsync(Limit, stop);
        var seconds = clock.Elapsed.TotalSeconds;
        using var json = receipt is null ? null : JsonDocument.Parse(receipt);
        return new(
            exit, System.IO.File.Exists(output) ? await System.IO.File.ReadAllBytesAsync(output, stop) : [],
            json is null ? null : Receipt.Read(json.RootElement), seconds, process.Errors);
    }
}
