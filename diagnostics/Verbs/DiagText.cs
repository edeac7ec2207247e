using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>What the verbs print besides findings: tiers, own cost, outcome.</summary>
internal static class DiagText
{
    public static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    public static void WriteProbes(TextWriter output, IReadOnlyList<ProbeStatus> probes)
    {
        foreach (var probe in probes)
        {
            output.WriteLine(probe.AbsentBecause is null ? $"{probe.Name}: {probe.Gives}" : $"{probe.Name}: absent: {probe.AbsentBecause}");
        }
    }

    public static void WriteCost(TextWriter output, SocketWatch watch)
    {
        output.WriteLine(Cost(watch));
        if (watch.Problem is { } problem)
        {
            output.WriteLine($"Not everything could be read: {problem}.");
        }
    }

    public static string Cost(SocketWatch watch)
    {
        var perReading = Quantity.Of(watch.Spent.TotalMicroseconds / Math.Max(1, watch.Sweeps + watch.Looks), Unit.Micros);
        var tracing = watch.KernelSpent > TimeSpan.Zero ? $", {Quantity.Of(watch.KernelSpent.TotalMicroseconds, Unit.Micros)} of it tracing (inferred)" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Read-only. Its own cost: {perReading} of CPU a reading, {watch.CostShare * 100:0.##} % of one core{tracing} (the whole program {watch.ProcessShare * 100:0.##} %); the budget is {watch.BudgetShare * 100:0.##} %.");
    }

    public static void WriteFindings(TextWriter output, IReadOnlyList<Finding> findings)
    {
        foreach (var line in FindingText.Lines(findings))
        {
            output.WriteLine(line);
        }
    }
}
