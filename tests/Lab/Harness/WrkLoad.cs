using System.Globalization;
using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>wrk with one thread, the same request over and over: requests a second.</summary>
/// <param name="field">A field of the request; null for none.</param>
public sealed class WrkLoad(Bench bench, int connections, int seconds, string? field = null)
{
    /// <param name="target">As it stands in the request line: absolute for a proxy.</param>
    public async Task<double> RunAsync(IPEndPoint endpoint, string target, CancellationToken stop)
    {
        var script = Path.Combine(bench.NewFolder("wrk"), "get.lua");
        var fields = field is null ? "" : $"[\"{field[..field.IndexOf(':', StringComparison.Ordinal)]}\"] = \"{field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()}\"";
        await File.WriteAllTextAsync(script, $$"""
            local text
            init = function() text = wrk.format("GET", "{{target}}", { {{fields}} }) end
            request = function() return text end
            """, stop);
        await using var wrk = ChildProcess.Start(bench.Reaper, Tool.Wrk.Program, ["-t1", $"-c{connections}", $"-d{seconds}s", "-s", script, $"http://{endpoint}/"]);
        var line = await wrk.WaitForLineAsync(l => l.Contains("Requests/sec", StringComparison.Ordinal), TimeSpan.FromSeconds(60), stop);
        return double.Parse(line.Split(':')[1].Trim(), CultureInfo.InvariantCulture);
    }
}
