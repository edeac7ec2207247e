namespace Swarm.Protocol;

/// <summary>Why an announce is sent (BEP 3); the values are those of BEP 15.</summary>
public enum TrackerEvent
{
    /// <summary>One of the regular ones.</summary>
    None = 0,
    Completed = 1,
    Started = 2,
    Stopped = 3,
}
