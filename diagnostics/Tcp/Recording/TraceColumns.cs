using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The counts of a traced socket as columns.</summary>
internal static class TraceColumns
{
    private const int FirstDrop = 11;

    public const int Count = FirstDrop + 8;

    public static readonly string[] Names =
    [
        "over_limit_segments", "over_limit_nanos", "collapses", "collapse_nanos", "longest_nanos", "skbs_removed", "freed_bytes",
        "memory_drops", "window_drops", "ofo_pruned", "autotune_events",
        .. DropCounts.Reasons.Select(static r => "drops_" + DropText.NameOf(r).ToLowerInvariant()),
    ];

    public static void Read(in SocketTrace t, Span<long> into)
    {
        into[0] = t.OverLimitSegments;
        into[1] = t.OverLimitNanos;
        into[2] = t.Collapses;
        into[3] = t.CollapseNanos;
        into[4] = t.LongestNanos;
        into[5] = t.SkbsRemoved;
        into[6] = t.FreedBytes;
        into[7] = t.MemoryDrops;
        into[8] = t.WindowDrops;
        into[9] = t.OfoPruned;
        into[10] = t.AutotuneEvents;
        foreach (var reason in DropCounts.Reasons)
        {
            into[FirstDrop + (int)reason] = t.Drops[reason];
        }
    }

    public static SocketTrace Trace(ulong cookie, ReadOnlySpan<long> from)
    {
        var drops = default(DropCounts);
        foreach (var reason in DropCounts.Reasons)
        {
            drops[reason] = from[FirstDrop + (int)reason];
        }

        return new SocketTrace
        {
            Cookie = cookie,
            OverLimitSegments = from[0],
            OverLimitNanos = from[1],
            Collapses = from[2],
            CollapseNanos = from[3],
            LongestNanos = from[4],
            SkbsRemoved = from[5],
            FreedBytes = from[6],
            MemoryDrops = from[7],
            WindowDrops = from[8],
            OfoPruned = from[9],
            AutotuneEvents = from[10],
            Drops = drops,
        };
    }
}
