namespace Swarm.Diagnostics.Analysis;

/// <summary>STALLED READER: data waits, nothing was read for a second, and the sender still sends or is held back by it.</summary>
/// <remarks>A connection at rest with some bytes unread is not stalled: nobody waits for it.</remarks>
public sealed class StalledReaderRule : ISocketRule
{
    public Verdict Verdict => Verdict.StalledReader;

    public int SamplesToRaise => 2;

    public bool Holds(SocketTrack socket, HostTrack host) =>
        socket.Current.ReadBytes is not null && socket.ReadBytes is null or 0
        && socket.UnreadMicros >= Constants.StalledMicros
        && (socket.DataArrived || HoldsSender(socket));

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The application has stopped reading this connection; its sender is held back, and the memory stays in use until it reads or closes.",
        [.. Advice.ReaderFirst(socket), .. Advice.ShrinkWindow(socket, host)],
        new Measure("unread for", socket.UnreadMicros, Unit.Micros, socket.Current.Tier));

    private static bool HoldsSender(SocketTrack socket)
    {
        ref readonly var s = ref socket.Current;
        return (s.Has(SocketFields.Memory) && s.RcvbufBytes > 0 && s.RmemAllocBytes >= s.RcvbufBytes / 2)
            || (s.Has(SocketFields.Window | SocketFields.Info) && s.RcvMssBytes > 0 && socket.WindowShut);
    }
}
