using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs;

/// <summary>One connection in words: how its memory went, what collapses cost, what is wrong, what to do.</summary>
internal static class Portrait
{
    private const int Width = 60;
    private const int ShownCollapses = 8;

    public static IEnumerable<string> Lines(in FilterSubject subject, ConnectionHistory? history, IReadOnlyList<Finding> findings)
    {
        var track = subject.Track;
        var lines = new List<string>();
        var key = track.Current.Key;
        Finding[] own = [.. findings.Where(f => f.Socket?.Key == key)];
        lines.AddRange(own.Length > 0 ? FindingText.Lines(own) : [$"healthy  {Subject(subject)}"]);
        if (history is { Samples: > 1 })
        {
            var top = history.Rcvbuf.Concat(history.RmemAlloc).DefaultIfEmpty(0).Max();
            lines.Add($"  {DiagText.Count(history.Samples, "reading")} in {Quantity.Of(history.LastMicros - history.FirstMicros, Unit.Micros)}, full height {Quantity.Of(top, Unit.Bytes)}");
            lines.Add(Line("rmem_alloc", history.RmemAlloc, top));
            lines.Add(Line("rcvbuf", history.Rcvbuf, top));
            lines.Add(Line("payload", history.Payload, top));
        }

        if (track.ReadBytesPerSecond is { } rate)
        {
            lines.Add($"  reads {Quantity.Of(rate, Unit.BytesPerSecond)}{(track.UnreadMicros >= Constants.StalledMicros ? $"; nothing for {Quantity.Of(track.UnreadMicros, Unit.Micros)}" : "")}");
        }

        if (GrowthOf(track) is { } growth)
        {
            lines.Add(growth);
        }

        foreach (var (reason, count) in track.Trace?.Drops.Found() ?? [])
        {
            lines.Add($"  dropped {DiagText.Count(count, "segment")}: {DropText.NameOf(reason)}, {DropText.MeaningOf(reason)} (exact)");
        }

        if (history is { Collapses.Count: > 0 })
        {
            lines.AddRange(CollapseLines(history));
        }

        return lines;
    }

    /// <summary>Who made rcvbuf grow: autotuning, for a program that reads, or the clamp, for one that does not.</summary>
    private static string? GrowthOf(SocketTrack track)
    {
        var parts = new List<string>();
        if (track.Trace is { AutotuneEvents: > 0 and var events })
        {
            parts.Add($"{DiagText.Count(events, "time")} by autotuning (exact, while traced)");
        }

        if (track.RaisedBytes > 0)
        {
            parts.Add($"by {Quantity.Of(track.RaisedBytes, Unit.Bytes)} by the window clamp while nothing was read (inferred)");
        }

        return parts.Count == 0 ? null : $"  rcvbuf was raised {string.Join(", ", parts)}";
    }

    public static string Collapse(in CollapseEvent c) =>
        $"collapse {Quantity.Of(c.DurationNanos / 1e3, Unit.Micros)}: {c.SkbsBefore} → {c.SkbsAfter} skbs, rmem_alloc {Quantity.Of(c.RmemBeforeBytes, Unit.Bytes)} → {Quantity.Of(c.RmemAfterBytes, Unit.Bytes)} (bracketed)";

    private static IEnumerable<string> CollapseLines(ConnectionHistory history)
    {
        foreach (var c in history.Collapses.OrderByDescending(c => c.DurationNanos).Take(ShownCollapses).OrderBy(c => c.AtMicros))
        {
            yield return $"    at {Quantity.Of(c.AtMicros - history.FirstMicros, Unit.Micros)}: {Collapse(c)}";
        }

        if (history.Collapses.Count > ShownCollapses)
        {
            yield return $"    the longest {ShownCollapses} of {history.Collapses.Count}";
        }
    }

    private static string Line(string name, List<double> values, double top) =>
        $"  {name,-10} {Sparkline.Of(values, Width, top)}  {Quantity.Of(values.Count == 0 ? 0 : values.Min(), Unit.Bytes)} … {Quantity.Of(values.Count == 0 ? 0 : values.Max(), Unit.Bytes)}";

    private static string Subject(in FilterSubject subject) =>
        $"{subject.Track.Current.Local} from {subject.Track.Current.Remote}{(subject.Owner is { } owner ? $"  {owner}" : "")}{(subject.Label is { } label ? $"  {label.Role} {label.Subject}" : "")}";
}
