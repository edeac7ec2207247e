using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The numbers of a socket sample as columns; those that change most come first, so that the mask of what changed stays one byte.</summary>
internal static class SampleColumns
{
    /// <summary>This column is the time since data came: it is predicted from the time between two readings.</summary>
    public const int SinceData = 2;

    public const int Count = 24;

    public static readonly string[] Names =
    [
        "payload", "rmem_alloc", "since_data", "bytes_received", "data_segs_in", "segs_in", "rcv_wnd",
        "rcvbuf", "rcv_ssthresh", "rcv_space", "rcv_rtt", "rcv_ooopack", "drops", "backlog",
        "state", "tier", "fields", "rcv_mss", "inode", "uid", "cgroup", "at", "bytes_sent", "bytes_acked",
    ];

    /// <param name="atMicros">Of the reading: the sample's own time is kept as its difference.</param>
    public static void Read(in SocketSample s, long atMicros, Span<long> into)
    {
        into[0] = s.PayloadBytes;
        into[1] = s.RmemAllocBytes;
        into[SinceData] = s.SinceDataMicros;
        into[3] = (long)s.BytesReceived;
        into[4] = s.DataSegmentsIn;
        into[5] = s.SegmentsIn;
        into[6] = s.RcvWndBytes;
        into[7] = s.RcvbufBytes;
        into[8] = s.RcvSsthreshBytes;
        into[9] = s.RcvSpaceBytes;
        into[10] = s.RcvRttMicros;
        into[11] = s.OutOfOrderSegments;
        into[12] = s.Drops;
        into[13] = s.BacklogBytes;
        into[14] = (long)s.State;
        into[15] = (long)s.Tier;
        into[16] = (long)s.Fields;
        into[17] = s.RcvMssBytes;
        into[18] = s.Inode;
        into[19] = s.UserId;
        into[20] = (long)s.CgroupId;
        into[21] = s.AtMicros - atMicros;
        into[22] = (long)s.BytesSent;
        into[23] = (long)s.BytesAcked;
    }

    public static SocketSample Sample(in SocketKey key, long atMicros, ReadOnlySpan<long> from) => new()
    {
        Cookie = key.Cookie,
        Local = key.Local,
        Remote = key.Remote,
        PayloadBytes = from[0],
        RmemAllocBytes = from[1],
        SinceDataMicros = from[SinceData],
        BytesReceived = (ulong)from[3],
        DataSegmentsIn = unchecked((uint)from[4]),
        SegmentsIn = unchecked((uint)from[5]),
        RcvWndBytes = from[6],
        RcvbufBytes = from[7],
        RcvSsthreshBytes = unchecked((uint)from[8]),
        RcvSpaceBytes = from[9],
        RcvRttMicros = from[10],
        OutOfOrderSegments = unchecked((uint)from[11]),
        Drops = unchecked((uint)from[12]),
        BacklogBytes = from[13],
        State = (TcpState)from[14],
        Tier = (Tier)from[15],
        Fields = (SocketFields)from[16],
        RcvMssBytes = unchecked((uint)from[17]),
        Inode = unchecked((uint)from[18]),
        UserId = unchecked((uint)from[19]),
        CgroupId = (ulong)from[20],
        AtMicros = atMicros + from[21],
        BytesSent = (ulong)from[22],
        BytesAcked = (ulong)from[23],
    };
}
