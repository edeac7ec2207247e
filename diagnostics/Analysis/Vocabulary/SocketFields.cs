namespace Swarm.Diagnostics.Analysis;

/// <summary>Which parts of a <see cref="SocketSample"/> were there: kernels and tools differ, and a number that was not read is not zero.</summary>
[Flags]
public enum SocketFields
{
    None = 0,

    /// <summary>rmem_alloc, rcvbuf, backlog, drops.</summary>
    Memory = 1,

    /// <summary>rcv_mss, rcv_ssthresh, rcv_rtt, rcv_space, the time since data came.</summary>
    Info = 2,

    /// <summary>bytes_received: without it nobody knows what the application read.</summary>
    BytesReceived = 4,

    /// <summary>segs_in and data_segs_in.</summary>
    Segments = 8,

    /// <summary>rcv_ooopack.</summary>
    OutOfOrder = 16,

    /// <summary>rcv_wnd.</summary>
    Window = 32,

    /// <summary>The cgroup that made the socket.</summary>
    Cgroup = 64,

    /// <summary>bytes_sent and bytes_acked.</summary>
    Sent = 128,
}
