namespace Swarm.Diagnostics.Tcp;

/// <summary>When collapses are traced.</summary>
public enum TraceMode
{
    Off,

    /// <summary>While a queue is at least half full, or the kernel prunes: a healthy machine then pays nothing.</summary>
    OnDemand,

    Always,
}
