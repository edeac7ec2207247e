using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary>What the verbs of <c>diag</c> print besides findings: tiers, the table of connections, their own cost.</summary>
internal static class DiagText
{
    private const int TableRows = 20;

    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    public static void WriteProbes(TextWriter output, SocketWatch watch)
    {
        foreach (var probe in watch.Probes)
        {
            output.WriteLine(probe.AbsentBecause is null ? $"{probe.Name}: {probe.Gives}" : $"{probe.Name}: absent: {probe.AbsentBecause}");
        }
    }

    public static void WriteCost(TextWriter output, SocketWatch watch)
    {
        var perSweep = Quantity.Of(watch.Spent.TotalMicroseconds / Math.Max(1, watch.Sweeps), Unit.Micros);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Read-only. Its own cost: {perSweep} a sweep, {watch.CostShare * 100:0.##} % of one core."));
        if (watch.Problem is { } problem)
        {
            output.WriteLine($"Not everything could be read: {problem}.");
        }
    }

    /// <summary>The connections that hold most receive memory, as columns.</summary>
    public static void WriteTable(TextWriter output, Analyser analyser, IReadOnlyList<Finding> findings)
    {
        var rows = analyser.Sockets.Where(s => s.Current.Has(SocketFields.Memory)).OrderByDescending(s => s.Current.RmemAllocBytes).Take(TableRows).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        List<string[]> cells = [["rmem_alloc", "rcvbuf", "payload", "ratio", "reclaimable", "local", "remote", "pid", "verdict"]];
        foreach (var row in rows)
        {
            var s = row.Current;
            var owner = findings.FirstOrDefault(f => f.Socket?.Key == s.Key)?.Owner;
            cells.Add(
            [
                Quantity.Of(s.RmemAllocBytes, Unit.Bytes),
                Quantity.Of(s.RcvbufBytes, Unit.Bytes),
                Quantity.Of(s.PayloadBytes, Unit.Bytes),
                row.BloatRatio is { } ratio ? Quantity.Of(ratio, Unit.Ratio) : "-",
                Quantity.Of(row.ReclaimableBytes, Unit.Bytes),
                s.Local.ToString(),
                s.Remote.ToString(),
                owner is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{owner.ProcessId} {owner.Name}"),
                string.Join(", ", analyser.VerdictsOf(s.Key).Select(VerdictText.Of)),
            ]);
        }

        var widths = Enumerable.Range(0, cells[0].Length).Select(i => cells.Max(c => c[i].Length)).ToArray();
        foreach (var line in cells)
        {
            // Numbers to the right, names to the left.
            output.WriteLine(string.Join("  ", line.Select((c, i) => i < 5 ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd());
        }
    }
}
