namespace Swarm.Diagnostics.Analysis;

/// <summary>What tracing counted about one socket since it began: every number only rises.</summary>
/// <remarks>A collapse is a segment over the limit in whose handling the receive queue lost skbs; its time is that of the whole handling.</remarks>
public record struct SocketTrace
{
    public ulong Cookie { get; set; }

    /// <summary>Segments that arrived while rmem_alloc was above rcvbuf.</summary>
    public long OverLimitSegments { get; set; }

    /// <summary>Time in the handling of all of them.</summary>
    public long OverLimitNanos { get; set; }

    public long Collapses { get; set; }
    public long CollapseNanos { get; set; }
    public long LongestNanos { get; set; }

    /// <summary>By how many skbs the receive queue became shorter.</summary>
    public long SkbsRemoved { get; set; }
    public long FreedBytes { get; set; }

    /// <summary>Segments dropped for want of memory: PROTO_MEM, SOCKET_RCVBUFF, SOCKET_BACKLOG, TCP_OFO_DROP.</summary>
    public long MemoryDrops { get; set; }

    /// <summary>Segments dropped because the window was shut or taken back: TCP_ZEROWINDOW, TCP_OVERWINDOW, TCP_INVALID_END_SEQUENCE.</summary>
    public long WindowDrops { get; set; }

    /// <summary>Segments that had arrived out of order and were thrown away: TCP_OFO_QUEUE_PRUNE.</summary>
    public long OfoPruned { get; set; }

    /// <summary>The drops above, each by its reason. In recordings of earlier versions there are the sums alone.</summary>
    public DropCounts Drops { get; set; }

    /// <summary>How often autotuning raised rcvbuf; the clamp raises it without an event.</summary>
    public long AutotuneEvents { get; set; }
}
