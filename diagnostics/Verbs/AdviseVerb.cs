using System.CommandLine;
using System.Globalization;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>advise [--for TIME]</c>: what to do about this machine's receive buffers, as arithmetic. It never applies anything.</summary>
internal static class AdviseVerb
{
    private static readonly long[] MaximaBytes = [1 << 20, 2 << 20, 4 << 20, 6 << 20, 16 << 20, 32 << 20];
    private static readonly long[] RoundTripsMillis = [1, 20, 100];

    public static Command Build(DiagHost host)
    {
        var verb = new Command("advise", "What to do about receive buffers here, as arithmetic with this machine's numbers. Applies nothing. Read-only.");
        var watching = new WatchOptions(verb, standard: "5s");
        verb.SetAction((parsed, cancellation) => watching.TryRead(parsed, host, out var duration, out var trace)
            ? RunAsync(host, duration!.Value, trace, cancellation)
            : Task.FromResult(DiagExit.Usage));
        return verb;
    }

    private static async Task<int> RunAsync(DiagHost host, TimeSpan duration, TraceMode trace, CancellationToken cancellation)
    {
        using var watch = host.Watch(trace, SweepBudget.For(duration));
        if (watch.CannotMeasure is null)
        {
            await watch.RunAsync(duration, cancellation);
        }

        if (!WatchRun.CanMeasure(host, watch))
        {
            return DiagExit.CannotMeasure;
        }

        var findings = watch.FindingsWithOwners();
        foreach (var advice in findings.SelectMany(f => f.Advice.Select(a => (Advice: a, f.Socket))).GroupBy(a => a.Advice))
        {
            var connections = advice.Where(a => a.Socket is not null).Select(a => a.Socket!.Value.Key).Distinct().Count();
            host.Out.WriteLine($"→ {advice.Key}{(connections > 1 ? $" ({connections} connections)" : "")}");
        }

        if (findings.Count == 0)
        {
            host.Out.WriteLine("No connection needs anything now.");
        }

        WriteTradeoff(host.Out, watch.Analyser);
        host.Out.WriteLine("Nothing was changed. To try a setting first, on this kernel and in namespaces of its own: " + host.Name + " lab idle-reader --ab shrink");
        DiagText.WriteCost(host.Out, watch);
        return DiagExit.Success;
    }

    private static void WriteTradeoff(TextWriter output, Analyser analyser)
    {
        var settings = analyser.Host.Settings;
        var most = analyser.Sockets.MaxBy(s => s.NeededBytes);
        output.WriteLine();
        output.WriteLine("tcp_rmem maximum: the stall of one collapse against the speed of one connection");
        output.WriteLine($"  {"maximum",9}  {"stall up to",11}  {string.Join("  ", RoundTripsMillis.Select(r => $"{$"at {r} ms",11}"))}");
        foreach (var max in MaximaBytes.Append(settings.RmemMaxBytes ?? 0).Where(m => m > 0).Distinct().Order())
        {
            var tradeoff = new RmemTradeoff(max);
            var speeds = RoundTripsMillis.Select(r => $"{Quantity.Of(tradeoff.BytesPerSecond(r * 1000), Unit.BytesPerSecond),11}");
            output.WriteLine($"  {Quantity.Of(max, Unit.Bytes),9}  {Quantity.Of(tradeoff.LongestStallMicros, Unit.Micros),11}  {string.Join("  ", speeds)}{(max == settings.RmemMaxBytes ? "  now" : "")}");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  inferred: {Constants.CollapseMicrosPerSkb} µs per skb, {Constants.SmallestTruesizeBytes} B of truesize each (tiny segments); payload takes {Constants.ScalingRatio * 100:0} % of a buffer"));
        if (most is { NeededBytes: > 0 })
        {
            output.WriteLine($"  most that a connection needs here now: {Quantity.Of(most.NeededBytes, Unit.Bytes)}, {most.Current.Local} from {most.Current.Remote}");
        }
    }
}
