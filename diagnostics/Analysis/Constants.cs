namespace Swarm.Diagnostics.Analysis;

/// <summary>The numbers the rules stand on, each with its origin.</summary>
public static class Constants
{
    /// <summary>Payload that fits a window byte of memory when the kernel does not tell: 6.6 and later begin a socket with scaling_ratio 128/256.</summary>
    public const double ScalingRatio = 0.5;

    /// <summary>Of an skb that a collapse makes: one page of payload and its headers (tcp_collapse). For larger ones copying counts, not their number.</summary>
    public const long CollapsedTruesizeBytes = 4352;

    /// <summary>The best that a collapse can reach: 3,776 B of payload in each of these.</summary>
    public const double BestTruesizePerPayload = CollapsedTruesizeBytes / 3776.0;

    /// <summary>Above this a queue is of small segments, whatever came before: full ones are charged 1.02 to 1.6 times their payload.</summary>
    public const double SmallSegmentsRatio = 2;

    /// <summary>Measured on Linux 6.18: 0.49 µs of softirq time per skb that a collapse removes, for calls that remove more than 10,000.</summary>
    public const double CollapseMicrosPerSkb = 0.5;

    /// <summary>Truesize of an skb with a few bytes in it.</summary>
    public const long SmallestTruesizeBytes = 832;

    /// <summary>Below this the queue is not worth a word: rcvbuf begins at twice as much.</summary>
    public const long WorthBytes = 64 * 1024;

    /// <summary>Less payload than this makes a ratio of noise.</summary>
    public const long RatioPayloadBytes = 4096;

    /// <summary>A stall of the kernel that a latency target feels.</summary>
    public const long StallBudgetMicros = 1000;

    /// <summary>An application that has not read for so long is not just busy.</summary>
    public const long StalledMicros = 1_000_000;

    public const long PageBytes = 4096;
}
