namespace Swarm.Core;

/// <summary>
/// Which block a source with room gets next. Found by <see cref="Name"/>; every registered policy plays in the simulation league.
/// Stateless: all it may know is in the view.
/// </summary>
public interface ISchedulingPolicy
{
    string Name { get; }

    /// <summary>True if late blocks may be asked of a second source on evidence.</summary>
    bool Hedges { get; }

    /// <summary>A block that is open (or, for a probe, asked of one other), or -1 for none now.</summary>
    int Pick(AssignmentView view, int slot);
}
