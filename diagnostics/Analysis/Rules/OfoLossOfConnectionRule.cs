namespace Swarm.Diagnostics.Analysis;

/// <summary>OFO LOSS, of one connection: tracing saw its segments that had arrived out of order thrown away.</summary>
public sealed class OfoLossOfConnectionRule : ISocketRule
{
    public Verdict Verdict => Verdict.OfoLoss;

    public int SamplesToRaise => 1;

    public bool Holds(SocketTrack socket, HostTrack host) => socket.Trace is { OfoPruned: > 0 };

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "Segments of this connection that had arrived, and were acknowledged selectively, were thrown away for want of memory; the sender must send them again.",
        ["See whether the program sets SO_RCVBUF, and remove that: a locked buffer cannot grow with a path that loses or reorders packets."],
        new Measure("segments thrown away", socket.Trace?.OfoPruned ?? 0, Unit.Count, Tier.Exact));
}
