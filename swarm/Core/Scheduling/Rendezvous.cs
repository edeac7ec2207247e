namespace Swarm.Core;

/// <summary>
/// Highest-random-weight hashing (Thaler and Ravishankar 1998): every node gives every cell a weight that all others can compute,
/// and a cell belongs to whoever weighs most. Who comes or goes changes only what was or becomes his.
/// </summary>
public static class Rendezvous
{
    /// <summary>The weight a node gives a cell: 62 bits, so that differences fit a long.</summary>
    public static long Weight(ulong key, long cell) => (long)(SplitMix64.Mix(key ^ SplitMix64.Mix((ulong)cell + 0x9E3779B97F4A7C15)) >> 2);

    /// <summary>By how much the node outweighs the best of the others: ≥ 0 if the cell is its own, else the more negative the further it is from that.</summary>
    public static long Lead(ulong own, ReadOnlySpan<ulong> others, long cell)
    {
        var mine = Weight(own, cell);
        var best = mine;
        foreach (var other in others)
        {
            best = Math.Max(best, Weight(other, cell));
        }

        return mine - best;
    }

    /// <summary>A factor of 1000 to 1999 per mille that differs from node to node and cell to cell: it spreads who loses patience first.</summary>
    public static int PatiencePerMille(ulong own, long cell) => 1000 + (int)(Weight(own ^ 0x5061_7469_656E_6365, cell) % 1000);
}
