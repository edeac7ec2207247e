namespace Swarm.Diagnostics.Analysis;

/// <summary>LIMIT: rcvbuf cannot grow any more, and is full.</summary>
public sealed class LimitRule : ISocketRule
{
    public Verdict Verdict => Verdict.Limit;

    public int SamplesToRaise => 2;

    public bool Holds(SocketTrack socket, HostTrack host)
    {
        ref readonly var s = ref socket.Current;
        return s.Has(SocketFields.Memory) && host.Settings.RmemMaxBytes is { } max
            && s.RcvbufBytes >= max && s.RmemAllocBytes > s.RcvbufBytes * 9 / 10 && socket.WaitMicros is null or >= Constants.StalledMicros / 4;
    }

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "rcvbuf has reached tcp_rmem's maximum and is full; a collapse at this size is the longest this machine can have.",
        [.. Advice.ReaderFirst(socket), .. Advice.StallBudget(socket, host)],
        new Measure("tcp_rmem maximum", host.Settings.RmemMaxBytes ?? 0, Unit.Bytes, host.Current.Tier));
}
