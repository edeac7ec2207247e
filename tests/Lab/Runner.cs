using System.Diagnostics;
using Swarm.Lab.Harness;
using Swarm.Lab.Scenarios;

namespace Swarm.Lab;

/// <summary>Runs scenarios one after another, each on a bench of its own, and says what held.</summary>
public sealed class Runner(TextWriter output)
{
    private static readonly TimeSpan ScenarioLimit = TimeSpan.FromMinutes(20);

    /// <returns>0 if all that ran held and at least one ran; 1 otherwise; 130 if stopped.</returns>
    public async Task<int> RunAsync(IReadOnlyList<IScenario> scenarios, Depth depth, CancellationToken stop)
    {
        int passed = 0, failed = 0, skipped = 0;
        foreach (var tool in scenarios.SelectMany(s => s.Needs).Distinct())
        {
            output.WriteLine($"{tool.Name}: {tool.Version ?? "not installed"}");
        }

        foreach (var scenario in scenarios)
        {
            if (stop.IsCancellationRequested)
            {
                return 130;
            }

            output.WriteLine();
            output.WriteLine($"== {scenario.Name}: {scenario.Holds}");
            if (scenario.Needs.FirstOrDefault(t => t.Version is null) is { } missing)
            {
                output.WriteLine($"   skipped: {missing.Name} is not installed (Debian package {missing.DebianPackage})");
                skipped++;
                continue;
            }

            if (scenario.Lacks is { } lacks)
            {
                output.WriteLine($"   skipped: this machine has {lacks}");
                skipped++;
                continue;
            }

            var report = await RunAsync(scenario, depth, stop);
            if (report.OnlyMeasurementsMissed && !stop.IsCancellationRequested)
            {
                output.WriteLine("   only times and ratios missed their bounds: measured once more, and that run decides");
                report = await RunAsync(scenario, depth, stop);
            }

            if (report.Passed)
            {
                passed++;
            }
            else
            {
                failed++;
            }
        }

        output.WriteLine();
        output.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private async Task<Report> RunAsync(IScenario scenario, Depth depth, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var report = new Report();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ScenarioLimit);
        try
        {
            await using var bench = new Bench(output);
            try
            {
                await scenario.RunAsync(bench, report, depth, limit.Token);
            }
            finally
            {
                if (!report.Passed)
                {
                    foreach (var words in bench.LastWords())
                    {
                        output.WriteLine(words);
                    }
                }
            }
        }
        catch (Exception e) when (e is LabException or IOException or HttpRequestException)
        {
            report.Failed("the run itself", e.Message);
        }
        catch (OperationCanceledException)
        {
            report.Failed("the run itself", stop.IsCancellationRequested ? "stopped" : $"took over {ScenarioLimit.TotalMinutes:F0} min");
        }
        catch (Exception e)
        {
            report.Failed("the run itself", e.ToString());
        }

        report.Print(output);
        output.WriteLine($"   {(report.Passed ? "PASS" : "FAIL")} {scenario.Name} in {clock.Elapsed.TotalSeconds:F1} s"
            + (report.Passed ? "" : $"; again: dotnet run -c Release --project tests/Lab -- {scenario.Name}{(depth == Depth.Repeated ? " --repeat" : "")}"));
        return report;
    }
}
