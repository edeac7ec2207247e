using System.Net;
using Swarm.Lab.Harness;
using Swarm.Testing;

namespace Swarm.Lab.Scenarios;

/// <summary>The conformance cases of tests/golden/cache, in real time, against the program and against nginx: the README's table.</summary>
public sealed class CacheTableScenario : IScenario
{
    public string Name => "cache-table";

    public string Holds => "every cache conformance case holds; how many hold for nginx is told beside it";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var cases = CacheCase.ReadAll(Path.Combine(Repository.Root, "tests", "golden", "cache"));
        await using var origin = new CacheCaseOrigin(TimeProvider.System);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        await using var nginx = await NginxCache.StartAsync(bench, origin.Port, stop);
        var ours = await FailuresAsync(cases, node.Proxy, true, origin, stop);
        var theirs = await FailuresAsync(cases, nginx.Endpoint, false, origin, stop);
        foreach (var file in cases.GroupBy(c => c.File))
        {
            report.Note($"{file.Key}: {file.Count()} cases", $"swarmstream {file.Count(c => ours[c] is null)}, nginx {file.Count(c => theirs[c] is null)}");
        }

        report.Note($"all: {cases.Count} cases", $"swarmstream {ours.Values.Count(f => f is null)}, nginx {theirs.Values.Count(f => f is null)}");
        foreach (var (one, failure) in ours.Where(o => o.Value is not null))
        {
            report.Failed(one.ToString(), failure!);
        }

        report.Equal("cases that hold", ours.Values.Count(f => f is null), cases.Count);
        report.Exchanged(Tool.Nginx, "cases that hold for it too", theirs.Values.Count(f => f is null));
    }

    private static async Task<Dictionary<CacheCase, string?>> FailuresAsync(
        IReadOnlyList<CacheCase> cases, IPEndPoint cache, bool isProxy, CacheCaseOrigin origin, CancellationToken stop)
    {
        var run = new CacheCaseRun(cache, isProxy, origin, TimeProvider.System, seconds => Task.Delay(TimeSpan.FromSeconds(seconds), stop));
        var failures = await Task.WhenAll(cases.Select(async c => (Case: c, Failure: await run.FailureAsync(c, stop))));
        return failures.ToDictionary(f => f.Case, f => f.Failure);
    }
}
