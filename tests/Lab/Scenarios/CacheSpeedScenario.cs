using Swarm.Lab.Harness;
using Swarm.Testing;

namespace Swarm.Lab.Scenarios;

/// <summary>Requests a second of small stored answers, beside nginx's proxy_cache under the same load: in turns, compared pair by pair.</summary>
public sealed class CacheSpeedScenario : IScenario
{
    /// <summary>A page's stylesheet or a registry's answer.</summary>
    private const int BodyBytes = 4096;

    private const int Connections = 16;
    private const int Seconds = 2;

    public string Name => "cache-speed";

    public string Holds => "small stored answers: at least 0.8 of nginx's requests a second";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Wrk];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        await using var origin = new CacheCaseOrigin(TimeProvider.System);
        var plan = origin.Prepare("/speed", $"200 \"{new string('x', BodyBytes)}\"", ["Cache-Control: max-age=3600", "Content-Type: text/css", "ETag: \"a\""], "");
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        await using var nginx = await NginxCache.StartAsync(bench, origin.Port, stop);
        var url = $"http://127.0.0.1:{origin.Port}/speed";

        // One request fills each store: nginx would let a whole volley through.
        foreach (var (endpoint, target) in new[] { (node.Proxy, url), (nginx.Endpoint, "/speed") })
        {
            await CacheCaseWire.ExchangeAsync(endpoint, $"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", stop);
        }

        var load = new WrkLoad(bench, Connections, Seconds);

        // Both are warm: tiered compilation on the one side, the page cache on the other.
        await load.RunAsync(node.Proxy, url, stop);
        await load.RunAsync(nginx.Endpoint, "/speed", stop);
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round < (depth == Depth.Once ? 5 : 9); round++)
        {
            ours.Add(await load.RunAsync(node.Proxy, url, stop));
            theirs.Add(await load.RunAsync(nginx.Endpoint, "/speed", stop));
        }

        report.Note($"swarmstream, {BodyBytes} B, {Connections} connections", Statistics.Spread(ours, "requests/s"));
        report.Note("nginx, the same", Statistics.Spread(theirs, "requests/s"));
        report.AtLeast("ratio, median of the pairs", Statistics.Median(ours.Zip(theirs, (a, b) => a / b)), 0.8, "");
        report.Equal("requests that reached the origin", plan.Requests.Count, 2);
        report.Exchanged(Tool.Wrk, "requests a second got in all rounds", (long)ours.Concat(theirs).Sum());
        report.Exchanged(Tool.Nginx, "requests a second answered in all rounds", (long)theirs.Sum());
    }
}
