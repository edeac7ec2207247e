namespace Swarm.Core;

/// <summary>What a swarm's scheduler is told at birth. The same options, seed and events give the same decisions.</summary>
public sealed record SchedulerOptions
{
    public static readonly SchedulerOptions Default = new();

    /// <summary>Name of the <see cref="ISchedulingPolicy"/>; see <see cref="SchedulingPolicies"/>.</summary>
    public string Policy { get; init; } = DeadlinePolicy.PolicyName;

    /// <summary>Deliberate duplicates on evidence of silence. Off only in experiments.</summary>
    public bool Hedging { get; init; } = true;

    /// <summary>Bytes of blocks in flight and read ahead, until the Governor grants another amount.</summary>
    public long MemoryWindowBytes { get; init; } = 32L << 20;

    /// <summary>Rate of a play reader before it is measured: 8 Mbit/s, a usual 1080p stream.</summary>
    public long PriorPlayBytesPerSecond { get; init; } = 1_000_000;

    /// <summary>Rate of a source before its first block: what it is ranked by, never what it is trusted with.</summary>
    public long PriorSourceBytesPerSecond { get; init; } = 200_000;

    /// <summary>Round trip of a source that no one measured.</summary>
    public long PriorRttMicros { get; init; } = 100_000;

    /// <summary>How far ahead of its playhead a play reader is filled.</summary>
    public long PrefetchMicros { get; init; } = 30_000_000;

    /// <summary>Blocks due within this are urgent: hedged, and never traded for rare ones.</summary>
    public long UrgentMicros { get; init; } = 2_000_000;

    /// <summary>Hedge tokens earned, per mille of admitted peer bytes (Dean and Barroso 2013: a hedge after p95 costs ~5 %).</summary>
    public int HedgePerMille { get; init; } = 40;

    /// <summary>Hedge tokens at the start, and the most that may gather.</summary>
    public int HedgeBurstBlocks { get; init; } = 12;
}
