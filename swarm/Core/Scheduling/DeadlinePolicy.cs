namespace Swarm.Core;

/// <summary>
/// Earliest deadline first, to the source that is predicted to complete earliest: list scheduling of identical jobs on uniform
/// machines, pulled from the side of the source. A source whose next block would be whole at T takes the block after all those
/// that the others will have completed by T, so a slow one works ahead and never holds the head.
/// </summary>
public sealed class DeadlinePolicy : ISchedulingPolicy
{
    public const string PolicyName = "deadline";

    public string Name => PolicyName;

    public bool Hedges => true;

    public int Pick(AssignmentView view, int slot)
    {
        if (!view.IsProven(slot))
        {
            return view.ProbeBlock(slot);
        }

        if (view.DrawTrade() && view.RarestBlock(slot) is >= 0 and var traded)
        {
            return traded;
        }

        var first = view.FirstOpen(slot);
        if (first < 0)
        {
            return view.MayTrade ? view.RarestBlock(slot) : -1;
        }

        var rank = view.Rank(slot, -1);
        if (rank == 0 || view.Rank(slot, first) == 0)
        {
            return first;
        }

        var ahead = view.OpenAfter(slot, rank);
        return ahead >= 0 ? ahead : view.MayTrade ? view.RarestBlock(slot) : -1;
    }
}
