namespace Swarm.Diagnostics.Analysis;

/// <summary>BREACHED: rmem_alloc is above rcvbuf, so the next segment prunes.</summary>
/// <remarks>A connection that is read steps over the limit by about one segment all day; that much is let pass.</remarks>
public sealed class BreachedRule : ISocketRule
{
    public Verdict Verdict => Verdict.Breached;

    public int SamplesToRaise => 2;

    public bool Holds(SocketTrack socket, HostTrack host)
    {
        ref readonly var s = ref socket.Current;
        var allowed = socket.ReadBytes is > 0 ? Math.Max(2L * s.RcvMssBytes, s.RcvbufBytes / 8) : 0;
        return s.Has(SocketFields.Memory) && s.RmemAllocBytes >= Constants.WorthBytes && s.RmemAllocBytes > s.RcvbufBytes + allowed;
    }

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The queue holds more memory than rcvbuf allows; every further segment makes the kernel look for memory to free.",
        [.. Advice.ReaderFirst(socket), .. Advice.ShrinkWindow(host)],
        new Measure("over the limit", socket.Current.RmemAllocBytes - socket.Current.RcvbufBytes, Unit.Bytes, socket.Current.Tier));
}
