using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary><c>diag check --for 10s [--json]</c>: watches all connections for a while and ends with 0 (healthy), 1 (findings) or 3 (cannot measure).</summary>
internal static class DiagCheckVerb
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static Command Build(Surroundings surroundings, DiagSources sources)
    {
        var duration = new Option<string>("--for") { Description = "How long to watch: 10s, 500ms, 5m.", DefaultValueFactory = _ => "10s", HelpName = "TIME" };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON; memory is in bytes." };
        var verb = new Command("check", "Watch all connections for a while; exit 0 healthy, 1 findings, 3 cannot measure. Read-only.") { duration, json };
        verb.SetAction((parsed, cancellation) => RunAsync(surroundings, sources, parsed.GetValue(duration)!, parsed.GetValue(json), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Surroundings surroundings, DiagSources sources, string text, bool json, CancellationToken cancellation)
    {
        if (DurationText.TryParse(text) is not { } duration || duration <= TimeSpan.Zero || duration > Longest)
        {
            surroundings.Error.WriteLine($"--for {text} is not a time; write it like 10s, 500ms or 5m.");
            return ExitCode.Usage;
        }

        using var watch = new SocketWatch(sources.Probes(), sources.Time);
        if (!json)
        {
            DiagText.WriteProbes(surroundings.Error, watch);
        }

        if (watch.CannotMeasure is null)
        {
            try
            {
                await watch.RunAsync(duration, cancellation);
            }
            catch (OperationCanceledException) when (watch.Sweeps > 0)
            {
                // Ctrl-C ends the watch early; what was seen until then is the answer.
            }
        }

        if (watch.CannotMeasure is { } reason)
        {
            surroundings.Error.WriteLine($"Connections cannot be measured here: {reason}.");
            return ExitCode.CannotMeasure;
        }

        var findings = SocketOwners.AddTo(watch.Analyser.Findings());
        if (json)
        {
            surroundings.Out.WriteLine(DiagJson.Check(watch, findings));
        }
        else
        {
            WriteText(surroundings.Out, watch, findings);
        }

        return findings.Count > 0 ? ExitCode.Findings : ExitCode.Success;
    }

    private static void WriteText(TextWriter output, SocketWatch watch, IReadOnlyList<Finding> findings)
    {
        foreach (var line in FindingText.Lines(findings))
        {
            output.WriteLine(line);
        }

        var outcome = findings.Count == 0 ? "Healthy" : DiagText.Count(findings.Count, "finding");
        output.WriteLine($"{outcome}: {DiagText.Count(watch.Analyser.SocketCount, "connection")}, {DiagText.Count(watch.Sweeps, "sweep")} in {Quantity.Of(watch.Elapsed.TotalMicroseconds, Unit.Micros)}.");
        DiagText.WriteCost(output, watch);
    }
}
