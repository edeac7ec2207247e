namespace Swarm.Core;

/// <summary>
/// The naive one: whoever has room takes the next missing block, in order, and nobody is asked twice. It is here to lose: the
/// league and the tests show what deadlines and hedges are worth against it.
/// </summary>
public sealed class SequentialPolicy : ISchedulingPolicy
{
    public string Name => "sequential";

    public bool Hedges => false;

    public int Pick(AssignmentView view, int slot) => view.FirstOpen(slot);
}
