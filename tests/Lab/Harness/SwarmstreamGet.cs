using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>One <c>swarmstream get</c> as a user runs it in a fresh folder: what it wrote, its receipt, how it ended.</summary>
public sealed record SwarmstreamGet(int ExitCode, byte[] File, Receipt? Receipt, double Seconds, string Said)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <param name="target">A torrent file or a magnet.</param>
    /// <param name="dhtRouter">By which to enter a DHT; null: none is used.</param>
    public static async Task<SwarmstreamGet> RunAsync(Bench bench, LabHost host, string target, CancellationToken stop, IPEndPoint? dhtRouter = null)
    {
        var home = bench.NewFolder("user");
        var output = Path.Combine(home, "got");
        var (program, inside) = host.Inside("dotnet",
            [SwarmstreamNode.ProgramFile, "get", target, "-o", output, "--json", "--allow-target", LabNetwork.Net, .. SwarmstreamNode.DhtFlags(dhtRouter), "--no-lsd"]);
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
