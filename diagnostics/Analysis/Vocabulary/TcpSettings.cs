namespace Swarm.Diagnostics.Analysis;

/// <summary>The sysctls that bound receive buffers, as found: null is a kernel (or a text) without it. Rules ask for what is there, never for a version.</summary>
public sealed record TcpSettings
{
    public static TcpSettings Unknown { get; } = new();

    public long? RmemMinBytes { get; init; }
    public long? RmemDefaultBytes { get; init; }
    public long? RmemMaxBytes { get; init; }
    public long? MemPressurePages { get; init; }
    public long? MemMaxPages { get; init; }

    /// <summary>tcp_shrink_window: may the kernel take back a window it offered?</summary>
    public bool? ShrinkWindow { get; init; }

    /// <summary>tcp_moderate_rcvbuf: is autotuning on?</summary>
    public bool? ModerateRcvbuf { get; init; }
}
