namespace Swarm.Diagnostics.Analysis;

/// <summary>WINDOW-FULL DROPS, for the machine: the counters of segments that met a full queue or a window that was taken back.</summary>
public sealed class WindowFullDropsRule : IHostRule
{
    /// <summary>Each closing window may meet a segment or two that were under way.</summary>
    private const int WorthDrops = 32;

    public bool Holds(HostTrack host) =>
        (host.Risen(HostCounter.TCPRcvQDrop) ?? 0) + (host.Risen(HostCounter.TCPZeroWindowDrop) ?? 0) + (host.Risen(HostCounter.BeyondWindow) ?? 0) >= WorthDrops;

    public Finding Report(HostTrack host, IReadOnlyList<SocketTrack> culprits) => new(
        Verdict.WindowFullDrops,
        null,
        "Segments arrived and were dropped because a receive queue was full or its window had been taken back; their senders must send them again." + Advice.Since(host),
        [
            .. Evidence.Counters(
                host, ("queue full", HostCounter.TCPRcvQDrop), ("window shut", HostCounter.TCPZeroWindowDrop), ("beyond the window", HostCounter.BeyondWindow)),
        ],
        [.. Advice.Culprits(culprits), .. Advice.Repeats(host)]);
}
