using System.CommandLine;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary><c>diag top --once [--json]</c>: the connections that hold most receive memory now.</summary>
internal static class DiagTopVerb
{
    /// <summary>Long enough to see who has not read for a second.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1.5);

    public static Command Build(Surroundings surroundings, DiagSources sources)
    {
        var once = new Option<bool>("--once") { Description = "Look for one and a half seconds, print, end." };
        var json = new Option<bool>("--json") { Description = "Print every connection as JSON; memory is in bytes." };
        var verb = new Command("top", "Show the connections that hold most receive memory. Read-only.") { once, json };
        verb.SetAction((parsed, cancellation) => RunAsync(surroundings, sources, parsed.GetValue(once), parsed.GetValue(json), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Surroundings surroundings, DiagSources sources, bool once, bool json, CancellationToken cancellation)
    {
        if (!once)
        {
            surroundings.Error.WriteLine("'diag top' without --once is not built yet; with --once it prints one table.");
            return ExitCode.Usage;
        }

        using var watch = new SocketWatch(sources.Probes(), sources.Time);
        if (watch.CannotMeasure is null)
        {
            await watch.RunAsync(Look, cancellation);
        }

        if (watch.CannotMeasure is { } reason)
        {
            surroundings.Error.WriteLine($"Connections cannot be measured here: {reason}.");
            return ExitCode.CannotMeasure;
        }

        var findings = SocketOwners.AddTo(watch.Analyser.Findings());
        if (json)
        {
            surroundings.Out.WriteLine(DiagJson.Top(watch, findings));
            return ExitCode.Success;
        }

        DiagText.WriteProbes(surroundings.Error, watch);
        DiagText.WriteTable(surroundings.Out, watch.Analyser, findings);
        DiagText.WriteCost(surroundings.Out, watch);
        return ExitCode.Success;
    }
}
