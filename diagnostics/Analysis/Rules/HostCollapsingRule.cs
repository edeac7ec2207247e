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
        ],
        [.. Advice.Culprits(culprits), .. Advice.ShrinkWindow(host)]);

    private static double StallMicros(HostTrack host) => (host.Risen(HostCounter.TCPRcvCollapsed) ?? 0) * Constants.CollapseMicrosPerSkb;
}
