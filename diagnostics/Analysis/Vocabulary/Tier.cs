namespace Swarm.Diagnostics.Analysis;

/// <summary>How a number came to be known. Every number shown carries its tier.</summary>
public enum Tier
{
    /// <summary>Counted by the kernel: every event is in it.</summary>
    Exact,

    /// <summary>Timed between two events that enclose it.</summary>
    Bracketed,

    /// <summary>Read at an instant; what happened between two readings is not seen.</summary>
    Sampled,

    /// <summary>Computed from other numbers by a rule that may be wrong.</summary>
    Inferred,

    /// <summary>Taken from text that another program printed, perhaps on another machine.</summary>
    Imported,
}
