namespace Swarm.Engine;

/// <summary>What of a content is here, as cells that a page can draw: each stands for the same number of blocks.</summary>
/// <param name="Kinds">
/// A letter a cell, what most of its blocks are: <c>o</c> the origin's own, <c>p</c> verified from a peer, mirror or web seed, <c>s</c> from
/// the store of an earlier run, <c>h</c> here but waiting for its hash, <c>.</c> missing.
/// </param>
/// <param name="Fill">A digit a cell: tenths of its blocks that are here; 9 only when all are.</param>
public sealed record ContentPicture(int BlocksPerCell, string Kinds, string Fill)
{
    /// <summary>How so many blocks fall into at most so many cells.</summary>
    internal static (int BlocksPerCell, int Cells) Cells(int blocks, int cellLimit)
    {
        var perCell = Math.Max(1, (blocks + cellLimit - 1) / cellLimit);
        return (perCell, (blocks + perCell - 1) / perCell);
    }
}
