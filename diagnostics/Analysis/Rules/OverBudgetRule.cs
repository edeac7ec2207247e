namespace Swarm.Diagnostics.Analysis;

/// <summary>OVER BUDGET: the queue of a connection that is read holds twice the memory its path can use.</summary>
/// <remarks>rmem_alloc is compared, not rcvbuf: since 6.16 autotuning leaves healthy connections a limit several times their need, and a limit costs nothing.</remarks>
public sealed class OverBudgetRule : ISocketRule
{
    public Verdict Verdict => Verdict.OverBudget;

    public int SamplesToRaise => 3;

    public bool Holds(SocketTrack socket, HostTrack host)
    {
        ref readonly var s = ref socket.Current;
        return s.Has(SocketFields.Memory | SocketFields.Info) && s.RmemAllocBytes >= Constants.WorthBytes && socket.NeededBytes > 0
            && s.RmemAllocBytes > 2 * socket.NeededBytes && socket.WaitMicros >= Constants.StalledMicros / 4;
    }

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The queue holds more than the path delivers in a round trip: memory that adds delay and no speed.",
        [.. Advice.ReaderFirst(socket), .. Advice.StallBudget(socket, host)],
        new("the path needs", socket.NeededBytes, Unit.Bytes, Tier.Inferred),
        new("wait in the queue", socket.WaitMicros ?? 0, Unit.Micros, Tier.Inferred));
}
