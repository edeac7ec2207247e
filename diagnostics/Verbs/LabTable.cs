using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp.Lab;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Runs of the lab as columns, with the tier of each.</summary>
internal static class LabTable
{
    private static readonly string[] Head =
    [
        "scenario", "tcp_rmem", "shrink", "peak rmem_alloc", "payload then", "ratio", "sent", "prunes", "skbs collapsed", "collapses", "stall", "longest",
        "bracket/sampler", "beyond window", "OFO pruned",
    ];

    public static IEnumerable<string> Lines(IReadOnlyList<LabResult> results)
    {
        List<string[]> cells = [Head, .. results.Select(Cells)];
        var widths = Enumerable.Range(0, Head.Length).Select(i => cells.Max(c => c[i].Length)).ToArray();
        foreach (var line in cells)
        {
            yield return string.Join("  ", line.Select((c, i) => i == 0 ? c.PadRight(widths[i]) : c.PadLeft(widths[i]))).TrimEnd();
        }

        yield return "exact: prunes, skbs collapsed, beyond window, OFO pruned, sent. sampled: rmem_alloc, payload. bracketed: collapses, stall, longest.";
    }

    private static string[] Cells(LabResult r) =>
    [
        r.Scenario.Name,
        Quantity.Of(r.Settings.RmemMaxBytes, Unit.Bytes),
        r.Settings.ShrinkWindow switch { null => "as is", true => "1", false => "0" },
        Quantity.Of(r.PeakRmemBytes, Unit.Bytes),
        Quantity.Of(r.PayloadAtPeakBytes, Unit.Bytes),
        r.Ratio is { } ratio ? Quantity.Of(ratio, Unit.Ratio) : "-",
        Quantity.Of(r.SentBytes, Unit.Bytes),
        Count(r, HostCounter.PruneCalled),
        Count(r, HostCounter.TCPRcvCollapsed),
        r.Trace is { } trace ? Quantity.Of(trace.Collapses, Unit.Count) : "-",
        r.Trace is { } timed ? Quantity.Of(timed.CollapseNanos / 1e3, Unit.Micros) : "-",
        r.Trace is { } longest ? Quantity.Of(longest.LongestNanos / 1e3, Unit.Micros) : "-",
        r.BracketPerSampler?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-",
        Count(r, HostCounter.BeyondWindow),
        Count(r, HostCounter.OfoPruned),
    ];

    private static string Count(LabResult r, HostCounter counter) =>
        r.Counters.GetValueOrDefault(counter) is { } value ? Quantity.Of(value, Unit.Count) : "-";
}
