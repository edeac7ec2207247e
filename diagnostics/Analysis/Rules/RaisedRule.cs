namespace Swarm.Diagnostics.Analysis;

/// <summary>RAISED: rcvbuf grew by clamping to rmem_alloc, not by autotuning. No tracepoint tells of it; only the samples do.</summary>
public sealed class RaisedRule : ISocketRule
{
    public Verdict Verdict => Verdict.Raised;

    public int SamplesToRaise => 1;

    public bool Holds(SocketTrack socket, HostTrack host) => socket.RaisedBytes >= Constants.WorthBytes;

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "rcvbuf grew while the application read nothing: many small segments filled it, and the kernel raised it instead of closing the window.",
        [.. Advice.ReaderFirst(socket), .. Advice.ShrinkWindow(host), .. Advice.StallBudget(socket, host)],
        new Measure("raised by", socket.RaisedBytes, Unit.Bytes, Tier.Inferred));
}
