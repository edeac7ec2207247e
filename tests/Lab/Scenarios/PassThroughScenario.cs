using System.Net;
using System.Security.Cryptography;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>What may not be kept, passed on: requests and bytes a second beside YARP alone before the same nginx, in turns, compared pair by pair.</summary>
public sealed class PassThroughScenario : IScenario
{
    private const int SmallBytes = 1024;
    private const int LargeBytes = 1 << 20;
    private const int Seconds = 2;
    private const int WarmRounds = 6;

    public string Name => "pass-through";

    public string Holds => "what is passed on: at least 0.9 of what YARP alone does, small and large";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Wrk];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var nginx = await Nginx.StartAsync(bench, null, stop);
        foreach (var bytes in new[] { SmallBytes, LargeBytes })
        {
            await File.WriteAllBytesAsync(Path.Combine(nginx.Root, "plain", $"{bytes}"), RandomNumberGenerator.GetBytes(bytes), stop);
        }

        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        var yarp = await YarpAlone.StartAsync(bench, new($"http://{nginx.Endpoint}"), stop);
        foreach (var (bytes, connections) in new[] { (SmallBytes, 16), (LargeBytes, 4) })
        {
            await CompareAsync(bench, report, depth, node.Proxy, yarp, nginx.Endpoint, bytes, connections, stop);
        }

        report.Exchanged(Tool.Nginx, "bytes of the two files", SmallBytes + LargeBytes);
    }

    private static async Task CompareAsync(
        Bench bench, Report report, Depth depth, IPEndPoint ours, IPEndPoint yarp, IPEndPoint origin, int bytes, int connections, CancellationToken stop)
    {
        // Who asks says no-store: then nothing is kept on the way, and each request goes through.
        var load = new WrkLoad(bench, connections, Seconds, "Cache-Control: no-store");
        var url = $"http://{origin}/plain/{bytes}";

        // A program of this size compiles its hot paths for many seconds on a busy machine; a quarter of the profile was the compiler's after one round.
        for (var warm = 0; warm < WarmRounds; warm++)
        {
            await load.RunAsync(ours, url, stop);
            await load.RunAsync(yarp, $"/plain/{bytes}", stop);
        }

        var (own, others) = (new List<double>(), new List<double>());
        for (var round = 0; round < (depth == Depth.Once ? 7 : 15); round++)
        {
            own.Add(await load.RunAsync(ours, url, stop));
            others.Add(await load.RunAsync(yarp, $"/plain/{bytes}", stop));
        }

        report.Note($"swarmstream, {bytes} B, {connections} connections", Statistics.Spread(own, "requests/s"));
        report.Note("YARP alone, the same", Statistics.Spread(others, "requests/s"));
        report.AtLeast($"ratio at {bytes} B, median of the pairs", Statistics.Median(own.Zip(others, (a, b) => a / b)), 0.9, "");
        report.Exchanged(Tool.Wrk, $"requests of {bytes} B a second got in all rounds", (long)own.Concat(others).Sum());
    }
}
