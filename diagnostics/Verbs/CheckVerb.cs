using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>check --for 10s [--json]</c>: watches all connections for a while and ends with 0 (healthy), 1 (findings) or 3 (cannot measure).</summary>
internal static class CheckVerb
{
    public static Command Build(DiagHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON; memory is in bytes." };
        var verb = new Command("check", "Watch all connections for a while; exit 0 healthy, 1 findings, 3 cannot measure. Read-only.") { json };
        var watching = new WatchOptions(verb, standard: "10s");
        verb.SetAction((parsed, cancellation) => watching.TryRead(parsed, host, out var duration, out var trace)
            ? RunAsync(host, duration!.Value, trace, parsed.GetValue(json), cancellation)
            : Task.FromResult(DiagExit.Usage));
        return verb;
    }

    private static async Task<int> RunAsync(DiagHost host, TimeSpan duration, TraceMode trace, bool json, CancellationToken cancellation)
    {
        using var watch = host.Watch(trace, SweepBudget.For(duration));
        if (!json)
        {
            DiagText.WriteProbes(host.Error, watch.Probes);
        }

        if (!await WatchRun.TryAsync(host, watch, duration, cancellation))
        {
            return DiagExit.CannotMeasure;
        }

        var findings = watch.FindingsWithOwners();
        if (json)
        {
            host.Out.WriteLine(DiagJson.Check(watch, findings));
        }
        else
        {
            WriteText(host.Out, watch, findings);
        }

        return findings.Count > 0 ? DiagExit.Findings : DiagExit.Success;
    }

    private static void WriteText(TextWriter output, SocketWatch watch, IReadOnlyList<Finding> findings)
    {
        DiagText.WriteFindings(output, findings);
        var outcome = findings.Count == 0 ? "Healthy" : DiagText.Count(findings.Count, "finding");
        output.WriteLine($"{outcome}: {DiagText.Count(watch.Analyser.SocketCount, "connection")}, {DiagText.Count(watch.Sweeps, "sweep")} in {Quantity.Of(watch.Elapsed.TotalMicroseconds, Unit.Micros)}.");
        DiagText.WriteCost(output, watch);
    }
}
