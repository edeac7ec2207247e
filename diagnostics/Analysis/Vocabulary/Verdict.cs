namespace Swarm.Diagnostics.Analysis;

/// <summary>What can be wrong with a receive buffer, the gravest first: reports are sorted by it.</summary>
public enum Verdict
{
    /// <summary>The kernel copies the receive queue together to free memory, and stalls while it does.</summary>
    Collapsing,

    /// <summary>TCP memory of the whole machine is at its limit.</summary>
    GlobalPressure,

    /// <summary>Segments that had arrived out of order were thrown away; the sender must repeat them.</summary>
    OfoLoss,

    /// <summary>Segments were dropped because the window was full, shut or taken back; the sender must repeat them.</summary>
    WindowFullDrops,

    /// <summary>The application does not read, while data waits or arrives.</summary>
    StalledReader,

    /// <summary>The application reads, but what waits would take it a second or more.</summary>
    SlowReader,

    /// <summary>rcvbuf grew although the application read nothing: the window clamp raised it, not autotuning.</summary>
    Raised,

    /// <summary>rmem_alloc is above rcvbuf.</summary>
    Breached,

    /// <summary>The queue holds far more memory than payload.</summary>
    Bloated,

    /// <summary>rcvbuf has reached tcp_rmem's maximum and is full.</summary>
    Limit,

    /// <summary>The queue holds more memory than the path can use.</summary>
    OverBudget,
}
