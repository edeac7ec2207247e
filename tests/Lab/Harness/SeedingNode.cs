using System.Collections.Concurrent;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary><c>swarmstream seed</c> as a site's owner starts it, watched through what it prints.</summary>
public sealed class SeedingNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly ConcurrentQueue<string> _lines;

    private SeedingNode(ChildProcess process, ConcurrentQueue<string> lines) => (_process, _lines) = (process, lines);

    public string Errors => _process.Errors;

    public int Pid => _process.Pid;

    /// <summary>What it prints before READY: the lines for the web server.</summary>
    public string Snippet => string.Concat(_lines.TakeWhile(l => !l.StartsWith("READY", StringComparison.Ordinal)).Select(l => l + "\n"));

    public static Task<SeedingNode> StartAsync(Bench bench, LabHost host, string root, Uri webSeed, Uri tracker, CancellationToken stop) =>
        StartAsync(bench, host, ["--root", root, "--web-seed", webSeed.AbsoluteUri, "--nginx", "--tracker", tracker.AbsoluteUri], stop);

    /// <summary>Before the web server, as the site that visitors see, with a tracker of its own.</summary>
    public static Task<SeedingNode> StartBeforeAsync(Bench bench, LabHost host, Uri origin, int trackerPort, CancellationToken stop) =>
        StartAsync(bench, host, ["--origin", origin.AbsoluteUri, "--listen", $"{host.Address}:80", "--tracker-listen", $"{host.Address}:{trackerPort}"], stop);

    private static async Task<SeedingNode> StartAsync(Bench bench, LabHost host, string[] way, CancellationToken stop)
    {
        var home = bench.NewFolder("seeding-node");
        var lines = new ConcurrentQueue<string>();
        var (program, inside) = host.Inside("dotnet",
            [SwarmstreamNode.ProgramFile, "seed", .. way, "--json", "--allow-target", LabNetwork.Net, "--peer-listen", $"{host.Address}:6881", "--no-dht", "--no-lsd"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside, SwarmstreamNode.EnvironmentOf(home), home, lines.Enqueue);
        var node = bench.Own(new SeedingNode(process, lines));
        bench.OnFailure(() => $"the seeding node said:\n{process.Errors}");
        await process.WaitForLineAsync(static l => l.StartsWith("READY", StringComparison.Ordinal), StartLimit, stop);
        return node;
    }

    /// <summary>The nth <paramref name="name"/> event of a file.</summary>
    public async Task<JsonElement> EventAsync(string name, string path, int nth, CancellationToken stop, TimeSpan? limit = null)
    {
        var patience = limit ?? StartLimit;
        var found = default(JsonElement);
        var came = await Poll.UntilAsync(
            _ =>
            {
                var events = _lines.Where(static l => l.StartsWith('{')).Select(static l => JsonDocument.Parse(l).RootElement)
                    .Where(e => e.GetProperty("event").GetString() == name && e.GetProperty("path").GetString() == path).ToArray();
                found = events.ElementAtOrDefault(nth - 1);
                return Task.FromResult(events.Length >= nth);
            },
            patience, stop);
        return came ? found : throw new LabException($"'{path}' was not {name} {nth} times in {patience.TotalSeconds:F0} s:\n{Errors}");
    }

    public Task<TimeSpan> TerminateAsync() => _process.TerminateAsync(TimeSpan.FromSeconds(20));

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
