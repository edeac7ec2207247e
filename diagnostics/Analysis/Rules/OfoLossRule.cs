namespace Swarm.Diagnostics.Analysis;

/// <summary>OFO LOSS, for the machine: the OFO queue was pruned, or refused a segment.</summary>
public sealed class OfoLossRule : IHostRule
{
    public bool Holds(HostTrack host) => host.Risen(HostCounter.OfoPruned) > 0 || host.Risen(HostCounter.TCPOFODrop) > 0;

    public Finding Report(HostTrack host, IReadOnlyList<SocketTrack> culprits) => new(
        Verdict.OfoLoss,
        null,
        "Segments that had arrived out of order were thrown away for want of memory; their senders must send them again." + Advice.Since(host),
        [.. Evidence.Counters(host, ("OFO queues pruned", HostCounter.OfoPruned), ("segments refused", HostCounter.TCPOFODrop))],
        [
            "Look for connections with a small or locked receive buffer (SO_RCVBUF) on a path that loses or reorders packets; let autotuning size them.",
            .. Advice.Culprits(culprits),
        ]);
}
