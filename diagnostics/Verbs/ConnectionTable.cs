using System.Globalization;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Connections as columns: numbers to the right, names to the left.</summary>
internal static class ConnectionTable
{
    private const int NumberColumns = 9;

    private static readonly string[] Head =
        ["rmem_alloc", "rcvbuf", "payload", "ratio", "reclaimable", "reads", "collapses", "stall", "drops", "local", "remote", "pid", "verdict"];

    /// <summary>The rows of a table, its head first.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<FilterSubject> subjects)
    {
        if (subjects.Count == 0)
        {
            return [];
        }

        List<string[]> cells = [Head, .. subjects.Select(Cells)];
        var widths = Enumerable.Range(0, Head.Length).Select(i => cells.Max(c => c[i].Length)).ToArray();
        return cells.Select(line => string.Join("  ", line.Select((c, i) => i < NumberColumns ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd());
    }

    private static string[] Cells(FilterSubject subject)
    {
        var track = subject.Track;
        ref readonly var s = ref track.Current;
        return
        [
            Quantity.Of(s.RmemAllocBytes, Unit.Bytes),
            Quantity.Of(s.RcvbufBytes, Unit.Bytes),
            Quantity.Of(s.PayloadBytes, Unit.Bytes),
            track.BloatRatio is { } ratio ? Quantity.Of(ratio, Unit.Ratio) : "-",
            Quantity.Of(track.ReclaimableBytes, Unit.Bytes),
            track.ReadBytesPerSecond is { } rate ? Quantity.Of(rate, Unit.BytesPerSecond) : "-",
            track.Trace is { } trace ? Quantity.Of(trace.Collapses, Unit.Count) : track.Collapses > 0 ? $"~{track.Collapses}" : "-",
            track.Trace is { Collapses: > 0 } timed ? Quantity.Of(timed.CollapseNanos / 1e3, Unit.Micros) : "-",
            track.Trace is { } dropped ? DropText.Short(dropped.Drops) ?? "-" : "-",
            s.Local.ToString(),
            s.Remote.ToString(),
            Owner(subject),
            string.Join(", ", subject.Verdicts.Select(VerdictText.Of)),
        ];
    }

    private static string Owner(in FilterSubject subject)
    {
        var process = subject.Owner is { } owner ? string.Create(CultureInfo.InvariantCulture, $"{owner.ProcessId} {owner.Name}{(owner.Container is { } container ? $" ({container})" : "")}") : "-";
        return subject.Label is { } label ? $"{process} ({label.Role})" : process;
    }
}
