using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>watch CONN</c>: one line a second for each matching connection, and one for each collapse as it happens.</summary>
internal static class WatchVerb
{
    private const int Trail = 30;

    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    public static Command Build(DiagHost host)
    {
        var connection = FilterArgument.Create("CONN", "':5001', '10.0.0.1:80', or an expression as for top.", required: true);
        var verb = new Command("watch", "Follow connections: memory, reading, verdicts as they come and go, every collapse. Read-only.") { connection };
        var watching = new WatchOptions(verb, standard: null);
        verb.SetAction((parsed, cancellation) =>
            !watching.TryRead(parsed, host, out var duration, out var trace) || FilterArgument.TryRead(host, parsed.GetValue(connection)) is not { } filter
                ? Task.FromResult(DiagExit.Usage)
                : RunAsync(host, filter, duration, trace, cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(DiagHost host, SocketFilter filter, TimeSpan? duration, TraceMode trace, CancellationToken cancellation)
    {
        using var watch = host.Watch(trace);
        DiagText.WriteProbes(host.Error, watch.Probes);
        if (!WatchRun.CanMeasure(host, watch))
        {
            return DiagExit.CannotMeasure;
        }

        var owners = new OwnerBook(watch);
        var histories = new HistoryBook();
        var verdicts = new Dictionary<SocketKey, IReadOnlyList<Verdict>>();
        var any = false;
        bool Matches(SocketTrack track) => filter.Matches(new FilterSubject(track, watch.Analyser.VerdictsOf(track.Current.Key), owners.Of(track)));
        watch.OnReading = reading =>
        {
            if (verdicts.Count == 0)
            {
                owners.Learn(watch.Analyser.Sockets);
            }

            histories.Add(reading, s => watch.Analyser.TrackOf(s.Key) is { } track && Matches(track));
            foreach (ref readonly var collapse in reading.Collapses.Items)
            {
                var cookie = collapse.Cookie;
                if (watch.Analyser.Sockets.FirstOrDefault(s => s.Current.Cookie == cookie) is { } track && Matches(track))
                {
                    any = true;
                    host.Out.WriteLine($"{Time(collapse.AtMicros)}  {track.Current.Local} from {track.Current.Remote}  {Portrait.Collapse(collapse)}");
                }
            }
        };
        using var stop = new StopSignal(cancellation);
        var shown = TimeSpan.Zero;
        try
        {
            while ((duration is not { } end || watch.Elapsed < end) && !host.IsOutputGone())
            {
                await watch.StepAsync(stop.Token);
                if (watch.Elapsed - shown < Refresh)
                {
                    continue;
                }

                shown = watch.Elapsed;
                // A filter may ask for a process, and that goes on making connections.
                owners.Learn(watch.Analyser.Sockets);
                foreach (var track in watch.Analyser.Sockets.Where(Matches))
                {
                    any = true;
                    Show(host, watch, track, histories.Of(track.Current.Key), verdicts);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how one leaves.
        }

        if (!any)
        {
            host.Error.WriteLine($"No connection matched '{filter.Text}'.");
        }

        DiagText.WriteCost(host.Out, watch);
        return any ? DiagExit.Success : DiagExit.CannotMeasure;
    }

    private static void Show(
        DiagHost host, SocketWatch watch, SocketTrack track, ConnectionHistory? history, Dictionary<SocketKey, IReadOnlyList<Verdict>> before)
    {
        var key = track.Current.Key;
        var verdicts = watch.Analyser.VerdictsOf(key);
        ref readonly var s = ref track.Current;
        var trail = history is null ? "" : Sparkline.Of([.. history.RmemAlloc.TakeLast(Trail)], Trail);
        var reads = track.ReadBytesPerSecond is { } rate ? Quantity.Of(rate, Unit.BytesPerSecond) : "-";
        host.Out.WriteLine(
            $"{Time(s.AtMicros)}  {s.Local} from {s.Remote}  {trail}  rmem_alloc {Quantity.Of(s.RmemAllocBytes, Unit.Bytes)} / rcvbuf {Quantity.Of(s.RcvbufBytes, Unit.Bytes)}, payload {Quantity.Of(s.PayloadBytes, Unit.Bytes)}, reads {reads}");
        var old = before.GetValueOrDefault(key) ?? [];
        foreach (var verdict in verdicts.Except(old))
        {
            host.Out.WriteLine($"{Time(s.AtMicros)}  {s.Local} from {s.Remote}  now {VerdictText.Of(verdict)}");
        }

        foreach (var verdict in old.Except(verdicts))
        {
            host.Out.WriteLine($"{Time(s.AtMicros)}  {s.Local} from {s.Remote}  no longer {VerdictText.Of(verdict)}");
        }

        before[key] = verdicts;
    }

    private static string Time(long micros) => $"{Quantity.Of(micros, Unit.Micros),8}";
}
