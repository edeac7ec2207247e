using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What one run of the lab measured.</summary>
public sealed record LabResult(ILabScenario Scenario, LabSettings Settings)
{
    /// <summary>Why the scenario could not be played; null when it was.</summary>
    public string? Problem { get; init; }

    public long SentBytes { get; init; }

    public long ReadBytes { get; init; }

    /// <summary>The most memory that the reader's side held, and the payload at that moment.</summary>
    public long PeakRmemBytes { get; init; }

    public long PayloadAtPeakBytes { get; init; }

    public long PeakRcvbufBytes { get; init; }

    /// <summary>By how much counters of the namespace rose; null where the kernel has none of the name.</summary>
    public IReadOnlyDictionary<HostCounter, long?> Counters { get; init; } = new Dictionary<HostCounter, long?>();

    /// <summary>Bracketed; null without tracing.</summary>
    public SocketTrace? Trace { get; init; }

    /// <summary>Sampled by CPU clocks; null without them.</summary>
    public long? CollapseTickMicros { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>rmem_alloc over time, for a plot: micros and bytes.</summary>
    public IReadOnlyList<(long AtMicros, long RmemBytes, long RcvbufBytes, long PayloadBytes)> Curve { get; init; } = [];

    public IReadOnlyList<CollapseEvent> Collapses { get; init; } = [];

    public double? Ratio => PayloadAtPeakBytes > 0 ? (double)PeakRmemBytes / PayloadAtPeakBytes : null;

    /// <summary>The bracket's time over the clocks' time, where both have enough to say something.</summary>
    public double? BracketPerSampler =>
        Trace is { CollapseNanos: > 0 } trace && CollapseTickMicros is >= 5000 and var ticks ? trace.CollapseNanos / 1e3 / ticks : null;
}
