namespace Swarm.Diagnostics.Analysis;

/// <summary>What one reading told about one TCP socket. Mutable and by value: a sweep writes thousands of them without an allocation.</summary>
public record struct SocketSample
{
    public long AtMicros { get; set; }
    public Tier Tier { get; set; }
    public SocketFields Fields { get; set; }
    public TcpState State { get; set; }
    public ulong Cookie { get; set; }
    public SocketEnd Local { get; set; }
    public SocketEnd Remote { get; set; }
    public uint Inode { get; set; }
    public uint UserId { get; set; }
    public ulong CgroupId { get; set; }

    /// <summary>Bytes that arrived in order and were not read. The FIN counts as one in the kernel and not here.</summary>
    public long PayloadBytes { get; set; }

    /// <summary>Memory charged to the receive side: the sum of the truesizes of its segments.</summary>
    public long RmemAllocBytes { get; set; }
    public long RcvbufBytes { get; set; }
    public long BacklogBytes { get; set; }
    public uint Drops { get; set; }
    public uint RcvMssBytes { get; set; }
    public uint RcvSsthreshBytes { get; set; }
    public long RcvRttMicros { get; set; }
    public long RcvSpaceBytes { get; set; }
    public long RcvWndBytes { get; set; }
    public long SinceDataMicros { get; set; }
    public ulong BytesReceived { get; set; }
    public uint SegmentsIn { get; set; }
    public uint DataSegmentsIn { get; set; }
    public uint OutOfOrderSegments { get; set; }

    /// <summary>What TCP sent, repeats included, and what the other end's kernel acknowledged: that is not yet read by its program.</summary>
    public ulong BytesSent { get; set; }
    public ulong BytesAcked { get; set; }

    public readonly SocketKey Key => new(Cookie, Local, Remote);

    public readonly bool Has(SocketFields fields) => (Fields & fields) == fields;

    /// <summary>What the application has read so far; null where bytes_received is not known.</summary>
    public readonly long? ReadBytes => Has(SocketFields.BytesReceived) ? (long)BytesReceived - PayloadBytes : null;
}
