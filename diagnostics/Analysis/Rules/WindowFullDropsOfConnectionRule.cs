namespace Swarm.Diagnostics.Analysis;

/// <summary>WINDOW-FULL DROPS, of one connection: tracing saw its segments dropped because memory or window was used up.</summary>
public sealed class WindowFullDropsOfConnectionRule : ISocketRule
{
    /// <summary>A window that closes meets a segment or two that were under way.</summary>
    private const int WorthDrops = 4;

    public Verdict Verdict => Verdict.WindowFullDrops;

    public int SamplesToRaise => 1;

    public bool Holds(SocketTrack socket, HostTrack host) => socket.Trace is { } trace && trace.MemoryDrops + trace.WindowDrops >= WorthDrops;

    public Finding Report(SocketTrack socket, HostTrack host) => socket.Finding(
        Verdict,
        "Segments of this connection arrived and were dropped: there was no memory for them, or they lay beyond a window that had been taken back.",
        [.. Advice.ReaderFirst(socket), .. Advice.Repeats(host)],
        new("dropped for memory", socket.Trace?.MemoryDrops ?? 0, Unit.Count, Tier.Exact),
        new("dropped beyond the window", socket.Trace?.WindowDrops ?? 0, Unit.Count, Tier.Exact));
}
