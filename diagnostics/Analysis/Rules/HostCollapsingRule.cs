namespace Swarm.Diagnostics.Analysis;

/// <summary>COLLAPSING, for the machine: TCPRcvCollapsed rose by so many skbs that their copying was felt.</summary>
/// <remarks>The counter counts skbs, not collapses; PruneCalled is no count of collapses either. How many there were, and on which connection, only tracing tells.</remarks>
public sealed class HostCollapsingRule : IHostRule
{
    public bool Holds(HostTrack host) => StallMicros(host) >= Constants.StallBudgetMicros;

    public Finding Report(HostTrack host, IReadOnlyList<SocketTrack> culprits) => new(
        Verdict.Collapsing,
        null,
        "Receive queues on this machine were collapsed; the core that does it handles no other packet meanwhile." + Advice.Since(host),
        [
            .. Evidence.Counters(host, ("skbs collapsed", HostCounter.TCPRcvCollapsed), ("prunes", HostCounter.PruneCalled)),
            new("time for them, about", StallMicros(host), Unit.Micros, Tier.Inferred),
            .. Traced(host),
        ],
        [.. Advice.Culprits(culprits), .. Advice.ShrinkWindow(host)]);

    private static IEnumerable<Measure> Traced(HostTrack host)
    {
        if (host.Traced is { Collapses: > 0 } trace)
        {
            yield return new("collapses", trace.Collapses, Unit.Count, Tier.Bracketed);
            yield return new("stall of them", trace.CollapseNanos / 1e3, Unit.Micros, Tier.Bracketed);
            yield return new("longest stall", trace.LongestNanos / 1e3, Unit.Micros, Tier.Bracketed);
        }

        if (host.Rework is { } rework)
        {
            yield return new("copied again for nothing", rework * 100, Unit.Percent, Tier.Inferred);
        }

        if (host.Current.CollapseTickMicros is { } ticks && host.First.CollapseTickMicros is { } first && ticks > first)
        {
            yield return new("time in tcp_collapse", ticks - first, Unit.Micros, Tier.Sampled);
        }
    }

    private static double StallMicros(HostTrack host) => (host.Risen(HostCounter.TCPRcvCollapsed) ?? 0) * Constants.CollapseMicrosPerSkb;
}
