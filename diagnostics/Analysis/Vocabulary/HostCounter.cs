namespace Swarm.Diagnostics.Analysis;

/// <summary>The counters of /proc/net/netstat that tell about receive buffers; each is named there as it is here.</summary>
public enum HostCounter
{
    PruneCalled,
    RcvPruned,
    OfoPruned,
    TCPRcvCollapsed,
    TCPRcvQDrop,
    TCPOFODrop,
    TCPZeroWindowDrop,
    BeyondWindow,
    TCPWantZeroWindowAdv,
    TCPToZeroWindowAdv,
    TCPFromZeroWindowAdv,
    TCPBacklogDrop,
    TCPMemoryPressures,
    TCPMemoryPressuresChrono,
    TCPRcvCoalesce,
}
