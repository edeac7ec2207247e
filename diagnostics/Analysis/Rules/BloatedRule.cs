namespace Swarm.Diagnostics.Analysis;

/// <summary>BLOATED: the queue holds more memory per byte of payload than the window was computed with.</summary>
public sealed class BloatedRule : ISocketRule
{
    public Verdict Verdict => Verdict.Bloated;

    public int SamplesToRaise => 2;

    public bool Holds(SocketTrack socket, HostTrack host)
    {
        ref readonly var s = ref socket.Current;
        // Data out of order is memory without payload, and no bloat: it becomes payload when the gap is filled.
        return s.Has(SocketFields.Memory) && s.RmemAllocBytes >= Constants.WorthBytes
            && !socket.OutOfOrderGrew && socket.BloatRatio is null or > 1 / Constants.ScalingRatio;
    }

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        socket.BloatRatio is null
            ? "The queue holds memory and hardly any payload: segments with a few bytes each in buffers that are far larger, or data that waits for a gap."
            : "Each byte of payload holds several bytes of memory: the segments are small, and the kernel charges the whole buffer each lies in.",
        [.. Advice.ReaderFirst(socket), .. Advice.ShrinkWindow(host), .. Advice.StallBudget(socket, host)]);
}
