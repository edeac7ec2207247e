namespace Swarm.Diagnostics.Analysis;

/// <summary>SLOW READER: the application reads, the window is shut all the same, and what waits would take it a second or more.</summary>
/// <remarks>The wait is what separates it from a fast transfer whose reader is the slower end: there the queue is full too, and turns over in milliseconds.</remarks>
public sealed class SlowReaderRule : ISocketRule
{
    public Verdict Verdict => Verdict.SlowReader;

    public int SamplesToRaise => 2;

    /// <summary>Each collapse opens the window for a while and changes nothing about the reader, whose speed is known over two seconds.</summary>
    public long KeepMicros => 2_000_000;

    public bool Holds(SocketTrack socket, HostTrack host) =>
        socket.WaitMicros >= Constants.StalledMicros && socket.Current.RmemAllocBytes >= Constants.WorthBytes && socket.WindowShut;

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "The application reads more slowly than the sender sends; the window closes and the queue stays full.",
        [.. Advice.ReaderFirst(socket), .. Advice.StallBudget(socket, host)],
        new("read", socket.ReadBytesPerSecond ?? 0, Unit.BytesPerSecond, Tier.Sampled),
        new("wait in the queue", socket.WaitMicros ?? 0, Unit.Micros, Tier.Inferred));
}
