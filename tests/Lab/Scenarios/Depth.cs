namespace Swarm.Lab.Scenarios;

/// <summary>How often a scenario measures.</summary>
public enum Depth
{
    /// <summary>One run of each kind, for continuous integration.</summary>
    Once,

    /// <summary>Repeated measurements.</summary>
    Repeated,
}
