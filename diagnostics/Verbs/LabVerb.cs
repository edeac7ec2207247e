using System.CommandLine;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>lab SCENARIO [--ab shrink|rmem]</c>: makes an illness on this kernel and measures it; settings only in namespaces of its own.</summary>
internal static class LabVerb
{
    private const string All = "all";
    private const string Verify = "verify";
    private const string Matrix = "matrix";
    private const string Sweep = "sweep";
    private const string Here = "60s";
    private const string EachRun = "6s";

    /// <summary>Beyond it the kernel takes minutes to open and close them.</summary>
    private const int MostSockets = 100_000;

    public static Command Build(DiagHost host)
    {
        var names = string.Join(", ", LabScenarios.All.Select(s => s.Name));
        var scenario = new Argument<string>("SCENARIO") { Description = $"{names}; {All}: each of them; {Verify}: what must hold on every machine, with pass and fail; {Matrix}: sick connections among healthy ones, who is named; {Sweep}: what a sweep costs." };
        scenario.CompletionSources.Add([.. LabScenarios.All.Select(static s => s.Name), All, Verify, Matrix, Sweep]);
        var healthy = new Option<int>("--healthy") { Description = $"{Matrix}: healthy connections.", DefaultValueFactory = _ => 1000 };
        var sick = new Option<int>("--sick") { Description = $"{Matrix}: sick connections of each kind.", DefaultValueFactory = _ => 20 };
        var runs = new Option<int>("--runs") { Description = $"{Matrix}: how often.", DefaultValueFactory = _ => 10 };
        var sockets = new Option<int>("--sockets") { Description = $"{Sweep}: how many sockets, at most 100000; 0: those that are open here.", DefaultValueFactory = _ => 10_000 };
        var ab = new Option<string?>("--ab") { Description = "Compare in namespaces of its own: shrink (tcp_shrink_window 0 and 1) or rmem (tcp_rmem maxima).", HelpName = "shrink|rmem" };
        var rmem = new Option<string?>("--rmem") { Description = "tcp_rmem's maximum, in a namespace of its own: 4M.", HelpName = "SIZE" };
        var shrink = new Option<string?>("--shrink") { Description = "tcp_shrink_window, in a namespace of its own.", HelpName = "0|1" };
        var duration = new Option<string?>("--for") { Description = $"How long each run lasts; {EachRun}, or {Here} where other programs can look on.", HelpName = "TIME" };
        var plot = new Option<string?>("--plot") { Description = "Draw memory over time of every run into an SVG.", HelpName = "FILE" };
        var verb = new Command("lab", "Make the illnesses on purpose. Without --ab, --rmem or --shrink in the present namespace, for 'top' to look at; no setting of this machine is ever changed.")
        {
            scenario, ab, rmem, shrink, duration, plot, healthy, sick, runs, sockets,
        };
        verb.SetAction((parsed, cancellation) =>
        {
            var own = parsed.GetValue(ab) is not null || parsed.GetValue(rmem) is not null || parsed.GetValue(shrink) is not null
                || parsed.GetValue(scenario) is All or Verify or Matrix;
            if (DurationText.TryParse(parsed.GetValue(duration) ?? (own ? EachRun : Here)) is not { } time || time <= TimeSpan.Zero)
            {
                host.Error.WriteLine($"--for {parsed.GetValue(duration)} is not a time; write it like 10s, 500ms or 5m.");
                return Task.FromResult(DiagExit.Usage);
            }

            if (parsed.GetValue(scenario) == Verify)
            {
                return Task.Run(() => LabVerification.Run(host, time, cancellation), CancellationToken.None);
            }

            if (parsed.GetValue(scenario) is Matrix or Sweep)
            {
                return Task.Run(
                    () => parsed.GetValue(scenario) == Sweep
                        ? LabMeasurements.Sweep(host, Math.Clamp(parsed.GetValue(sockets), 0, MostSockets))
                        : LabMeasurements.Matrix(host, Math.Max(0, parsed.GetValue(healthy)), Math.Max(0, parsed.GetValue(sick)), Math.Max(1, parsed.GetValue(runs)), time, cancellation),
                    CancellationToken.None);
            }

            var plan = LabPlan.TryMake(host, parsed.GetValue(scenario)!, parsed.GetValue(ab), parsed.GetValue(rmem), parsed.GetValue(shrink), time);
            return plan is null
                ? Task.FromResult(DiagExit.Usage)
                : Task.Run(() => Run(host, plan, own, parsed.GetValue(plot), cancellation), CancellationToken.None);
        });
        return verb;
    }

    private static int Run(DiagHost host, IReadOnlyList<(ILabScenario Scenario, LabSettings Settings)> plan, bool own, string? plot, CancellationToken cancellation)
    {
        using var stop = new StopSignal(cancellation);
        var results = new List<LabResult>();
        foreach (var (scenario, settings) in plan)
        {
            if (stop.Token.IsCancellationRequested)
            {
                break;
            }

            if (RunOne(host, scenario, settings, own, explainTiers: results.Count == 0, stop.Token) is not { } result)
            {
                return DiagExit.CannotMeasure;
            }

            if (result.Problem is { } problem)
            {
                host.Error.WriteLine($"{scenario.Name} could not be played: {problem}.");
            }

            results.Add(result);
        }

        foreach (var line in LabTable.Lines(results))
        {
            host.Out.WriteLine(line);
        }

        if (plan.Count == 1 && results is [var only])
        {
            DiagText.WriteFindings(host.Out, only.Findings);
        }

        host.Out.WriteLine(own ? "Measured in network namespaces of its own, which are gone." : "No setting was changed.");
        return plot is null || LabPlot.TryWrite(host, plot, results) ? DiagExit.Success : DiagExit.Failure;
    }

    /// <summary>One run; null after a sentence on standard error.</summary>
    public static LabResult? RunOne(DiagHost host, ILabScenario scenario, LabSettings settings, bool own, bool explainTiers, CancellationToken stop)
    {
        string? reason = null;
        using var space = own ? LabNamespace.TryCreate(out reason) : LabNamespace.Here();
        if (space is null)
        {
            host.Error.WriteLine($"The lab cannot run: {reason}. Without --ab, --rmem and --shrink a scenario runs in the present namespace, and needs no privilege.");
            return null;
        }

        return LabRun.Run(scenario, settings, space, own, (port, tiers) =>
        {
            if (explainTiers)
            {
                DiagText.WriteProbes(host.Error, tiers);
            }

            if (!own)
            {
                host.Out.WriteLine($"READY {scenario.Name}: {scenario.Description}. Look at it with: {host.Name} top   {host.Name} watch :{port}   {host.Name} explain :{port}");
            }
        }, stop);
    }
}
