using System.Globalization;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Connections as columns: numbers to the right, names to the left.</summary>
internal static class ConnectionTable
{
    private const int NumberColumns = 9;

    private const string Nothing = "-";

    private const string Gap = "  ";

    private static readonly string[] Head =
        ["rmem_alloc", "rcvbuf", "payload", "ratio", "reclaimable", "reads", "collapses", "stall", "drops", "local", "remote", "pid", "verdict"];

    /// <summary>Columns that a narrow screen can do without, the least first: drops, stall, collapses, reclaimable, reads, rcvbuf, remote, ratio.</summary>
    private static readonly int[] Dispensable = [8, 7, 6, 4, 5, 1, 10, 3];

    /// <summary>The rows of a table, its head first.</summary>
    /// <param name="subjects">In their order.</param>
    /// <param name="width">Of the screen. What does not fit loses columns, so that the verdict, which stands last, is seen.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<FilterSubject> subjects, int width = int.MaxValue)
    {
        if (subjects.Count == 0)
        {
            return [];
        }

        List<string[]> cells = [Head, .. subjects.Select(Cells)];
        if (!TryFit(cells, width, out var widths, out var shown))
        {
            for (var i = 0; i < subjects.Count; i++)
            {
                cells[i + 1][^1] = Short(subjects[i].Verdicts);
            }

            TryFit(cells, width, out widths, out shown);
        }

        return cells.Select(line => string.Join(Gap, shown.Select(i => i < NumberColumns ? line[i].PadLeft(widths[i]) : line[i].PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>Leaves out columns until the rest fits; false when even then it does not.</summary>
    private static bool TryFit(List<string[]> cells, int width, out int[] widths, out List<int> shown)
    {
        var needed = widths = [.. Enumerable.Range(0, Head.Length).Select(i => cells.Max(c => c[i].Length))];
        var left = shown = [.. Enumerable.Range(0, Head.Length)];
        bool Fits() => left.Sum(c => (long)needed[c] + Gap.Length) - Gap.Length <= width;
        foreach (var column in Dispensable.Where(c => cells.Skip(1).All(row => row[c] == Nothing)).Concat(Dispensable))
        {
            if (Fits())
            {
                return true;
            }

            shown.Remove(column);
        }

        return Fits();
    }

    /// <summary>The gravest, and how many more there are.</summary>
    private static string Short(IReadOnlyList<Verdict> verdicts) => verdicts.Count > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{VerdictText.Of(verdicts[0])} +{verdicts.Count - 1}")
        : string.Concat(verdicts.Select(VerdictText.Of));

    private static string[] Cells(FilterSubject subject)
    {
        var track = subject.Track;
        ref readonly var s = ref track.Current;
        return
        [
            Quantity.Of(s.RmemAllocBytes, Unit.Bytes),
            Quantity.Of(s.RcvbufBytes, Unit.Bytes),
            Quantity.Of(s.PayloadBytes, Unit.Bytes),
            track.BloatRatio is { } ratio ? Quantity.Of(ratio, Unit.Ratio) : Nothing,
            Quantity.Of(track.ReclaimableBytes, Unit.Bytes),
            track.ReadBytesPerSecond is { } rate ? Quantity.Of(rate, Unit.BytesPerSecond) : Nothing,
            track.Trace is { } trace ? Quantity.Of(trace.Collapses, Unit.Count) : track.Collapses > 0 ? $"~{track.Collapses}" : Nothing,
            track.Trace is { Collapses: > 0 } timed ? Quantity.Of(timed.CollapseNanos / 1e3, Unit.Micros) : Nothing,
            track.Trace is { } dropped ? DropText.Short(dropped.Drops) ?? Nothing : Nothing,
            s.Local.ToString(),
            s.Remote.ToString(),
            Owner(subject),
            string.Join(", ", subject.Verdicts.Select(VerdictText.Of)),
        ];
    }

    private static string Owner(in FilterSubject subject)
    {
        var process = subject.Owner is { } owner ? string.Create(CultureInfo.InvariantCulture, $"{owner.ProcessId} {owner.Name}{(owner.Container is { } container ? $" ({container})" : "")}") : Nothing;
        return subject.Label is { } label ? $"{process} ({label.Role})" : process;
    }
}
