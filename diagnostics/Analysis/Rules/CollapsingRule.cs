namespace Swarm.Diagnostics.Analysis;

/// <summary>COLLAPSING: tracing saw the queue collapse, or rmem_alloc fell by far more than reading explains and the machine's counter does not deny it.</summary>
public sealed class CollapsingRule : ISocketRule
{
    public Verdict Verdict => Verdict.Collapsing;

    public int SamplesToRaise => 1;

    public bool Holds(SocketTrack socket, HostTrack host) => socket.Collapses > 0 || socket.Trace is { Collapses: > 0 };

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The kernel copied the receive queue together to free memory; while it does, this core handles no other packet.",
        [.. Advice.ReaderFirst(socket), .. Advice.StallBudget(socket, host), .. Advice.ShrinkWindow(host)],
        Numbers(socket));

    private static Measure[] Numbers(SocketTrack socket) => socket.Trace is { Collapses: > 0 } trace
        ?
        [
            new("collapses", trace.Collapses, Unit.Count, Tier.Bracketed),
            new("stall of them", trace.CollapseNanos / 1e3, Unit.Micros, Tier.Bracketed),
            new("longest stall", trace.LongestNanos / 1e3, Unit.Micros, Tier.Bracketed),
            new("skbs removed", trace.SkbsRemoved, Unit.Count, Tier.Bracketed),
            new("freed by them", trace.FreedBytes, Unit.Bytes, Tier.Bracketed),
            new("segments over the limit", trace.OverLimitSegments, Unit.Count, Tier.Exact),
        ]
        :
        [
            new("collapses seen", socket.Collapses, Unit.Count, Tier.Inferred),
            new("freed by them", socket.CollapsedBytes, Unit.Bytes, Tier.Inferred),
            new("stall of them", socket.CollapsedBytes / (double)socket.TruesizeBytes * Constants.CollapseMicrosPerSkb, Unit.Micros, Tier.Inferred),
        ];
}
