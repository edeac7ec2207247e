namespace Swarm.Core;

/// <summary>What a peer is to the sharing out of an origin.</summary>
public enum CrowdRole
{
    /// <summary>Nothing is known; it counts as one that has no origin.</summary>
    None = 0,

    /// <summary>It does not speak of its origin, but may turn out to have one.</summary>
    Silent = 1,

    /// <summary>It would say what it asks its origin for, but has not yet: a seed never will.</summary>
    Listens = 2,

    /// <summary>It does not speak of its origin, but keeps showing blocks that nobody else had: cells are hashed to it too.</summary>
    Fetches = 3,

    /// <summary>It tells what it asks its origin for.</summary>
    Claims = 4,
}
