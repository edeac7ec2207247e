namespace Swarm.Diagnostics.Analysis;

/// <summary>What a maximum of tcp_rmem buys and costs: the longest stall of one collapse against the speed of one connection.</summary>
public readonly record struct RmemTradeoff(long RmemMaxBytes)
{
    /// <summary>Of tiny segments, which fill a buffer with most skbs.</summary>
    public double LongestStallMicros => (double)RmemMaxBytes / Constants.SmallestTruesizeBytes * Constants.CollapseMicrosPerSkb;

    /// <summary>The window is what payload fits the buffer; a path carries one window a round trip.</summary>
    public double BytesPerSecond(long roundTripMicros) => RmemMaxBytes * Constants.ScalingRatio * 1e6 / roundTripMicros;

    /// <summary>The maximum that keeps the stall within a budget.</summary>
    public static RmemTradeoff ForStall(double budgetMicros) =>
        new((long)(budgetMicros / Constants.CollapseMicrosPerSkb * Constants.SmallestTruesizeBytes));
}
