using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>lab verify</c>: what must hold on this kernel, or the diagnostics cannot be believed on it.</summary>
internal static class LabVerification
{
    private const double LeastMemoryRatio = 20;
    private const double LeastBracketPerSampler = 0.8;
    private const double MostBracketPerSampler = 1.3;
    private const long Small = 4 << 20;
    private const long Large = 32 << 20;

    private static readonly (string Scenario, long RmemMax)[] Collapsing =
    [
        ("stopped-reader", Small), ("slow-reader", Small), ("stopped-reader", Large), ("stopped-reader", Small),
        ("slow-reader", Large), ("stopped-reader", Large), ("slow-reader", Small), ("slow-reader", Large),
    ];

    public static int Run(DiagHost host, TimeSpan duration, CancellationToken cancellation)
    {
        using var stop = new StopSignal(cancellation);
        var results = new List<LabResult>();
        var failed = 0;
        LabResult? Make(string name, long rmem, bool shrink)
        {
            var result = stop.Token.IsCancellationRequested
                ? null
                : LabVerb.RunOne(host, LabScenarios.Find(name)!, new LabSettings(rmem, shrink, duration), own: true, explainTiers: results.Count == 0, stop.Token);
            if (result is not null)
            {
                results.Add(result);
            }

            return result;
        }

        void Say(bool holds, string what)
        {
            failed += holds ? 0 : 1;
            host.Out.WriteLine($"{(holds ? "pass" : "FAIL")}  {what}");
        }

        if (Make("idle-reader", 6_291_456, shrink: false) is not { } growing || Make("idle-reader", 6_291_456, shrink: true) is not { } bounded)
        {
            return DiagExit.CannotMeasure;
        }

        var memory = (double)growing.PeakRmemBytes / Math.Max(1, bounded.PeakRmemBytes);
        Say(memory >= LeastMemoryRatio, $"idle reader: {Quantity.Of(growing.PeakRmemBytes, Unit.Bytes)} against {Quantity.Of(bounded.PeakRmemBytes, Unit.Bytes)} with tcp_shrink_window, {memory:0.#}:1 (at least {LeastMemoryRatio}:1)");

        var quotients = new List<double>();
        foreach (var (scenario, max) in Collapsing)
        {
            if (Make(scenario, max, shrink: false) is not { } run)
            {
                return DiagExit.CannotMeasure;
            }

            Say(
                run.Trace is { Collapses: > 0 } && run.Counters[HostCounter.TCPRcvCollapsed] > 0,
                $"{run.Scenario.Name} at {Quantity.Of(run.Settings.RmemMaxBytes, Unit.Bytes)}: {run.Trace?.Collapses ?? 0} collapses, TCPRcvCollapsed {run.Counters[HostCounter.TCPRcvCollapsed]}");
            if (run.BracketPerSampler is { } quotient)
            {
                quotients.Add(quotient);
            }
        }

        Say(
            results.All(r => r.Trace is { Collapses: > 0 } == r.Counters[HostCounter.TCPRcvCollapsed] > 0),
            "collapses and TCPRcvCollapsed in the same runs, never one without the other");
        Say(
            quotients.Count == Collapsing.Length && quotients.All(q => q is >= LeastBracketPerSampler and <= MostBracketPerSampler),
            $"bracket over sampler in {quotients.Count} of {Collapsing.Length} runs: {string.Join(" ", quotients.Select(q => q.ToString("0.00", CultureInfo.InvariantCulture)))} (each {LeastBracketPerSampler}–{MostBracketPerSampler})");
        foreach (var line in LabTable.Lines(results))
        {
            host.Out.WriteLine(line);
        }

        host.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{host.Time.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {KernelName.Text()}: {(failed == 0 ? "all of it holds" : $"{failed} do not hold")}"));
        return failed == 0 ? DiagExit.Success : DiagExit.Failure;
    }
}
