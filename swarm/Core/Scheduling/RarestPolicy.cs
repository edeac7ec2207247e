namespace Swarm.Core;

/// <summary>Rarest first over everything wanted, as a plain BitTorrent client picks: good for the swarm, bad for a viewer.</summary>
public sealed class RarestPolicy : ISchedulingPolicy
{
    public string Name => "rarest";

    public bool Hedges => false;

    public int Pick(AssignmentView view, int slot) =>
        view.RarestBlock(slot) is >= 0 and var rarest ? rarest : view.FirstOpen(slot);
}
