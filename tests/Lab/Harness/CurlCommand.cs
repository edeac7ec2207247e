using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>One curl on a machine of the lab's network, as a visitor types it.</summary>
public static class CurlCommand
{
    /// <returns>What it printed.</returns>
    /// <exception cref="LabException">It did not end with 0, or not in time.</exception>
    public static async Task<string> RunAsync(Bench bench, LabHost host, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken stop)
    {
        var lines = new List<string>();
        var (program, inside) = host.Inside(Tool.Curl.Program, arguments);
        await using var curl = ChildProcess.Start(bench.Reaper, program, inside, onLine: l =>
        {
            lock (lines)
            {
                lines.Add(l);
            }
        });
        var exit = await curl.WaitForExitAsync(limit, stop);
        return exit == 0 ? string.Join('\n', lines) : throw new LabException($"curl {string.Join(' ', arguments)} ended with {exit}");
    }
}
