namespace Swarm.Diagnostics.Analysis;

/// <summary>COLLAPSING: rmem_alloc fell by far more than the application's reading explains, and the machine's counter does not deny it.</summary>
public sealed class CollapsingRule : ISocketRule
{
    public Verdict Verdict => Verdict.Collapsing;

    public int SamplesToRaise => 1;

    public bool Holds(SocketTrack socket, HostTrack host) => socket.Collapses > 0;

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The kernel copied the receive queue together to free memory; while it does, this core handles no other packet.",
        [.. Advice.ReaderFirst(socket), .. Advice.StallBudget(socket, host), .. Advice.ShrinkWindow(host)],
        new("collapses seen", socket.Collapses, Unit.Count, Tier.Inferred),
        new("freed by them", socket.CollapsedBytes, Unit.Bytes, Tier.Inferred),
        new("stall of them", socket.CollapsedBytes / (double)socket.TruesizeBytes * Constants.CollapseMicrosPerSkb, Unit.Micros, Tier.Inferred));
}
