using System.Numerics;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// One BEP 52 hash request to send: which run of which layer, and how many layers of uncles make its answer provable
/// from what the metainfo already holds.
/// </summary>
/// <param name="BaseLayer">Layers above the leaves at which the run lies.</param>
/// <param name="Index">First hash of the run, a multiple of <paramref name="Length"/>.</param>
/// <param name="Length">Hashes in the run, a power of two.</param>
/// <param name="ProofLayers">Ancestor layers to include, counted from the layer above the base.</param>
public readonly record struct HashRequestPlan(Hash256 PiecesRoot, int BaseLayer, int Index, int Length, int ProofLayers)
{
    /// <summary>BEP 52: "Length SHOULD NOT be greater than 512"; 8 MiB of leaves.</summary>
    public const int MaxLength = 512;

    /// <summary>Uncles the answer carries: proof layers that lie inside the run have none.</summary>
    public int UncleCount => Math.Max(0, ProofLayers - Math.Max(0, BitOperations.Log2((uint)Length) - 1));

    /// <summary>
    /// Plans the requests whose answers prove the leaves of <paramref name="blocks"/>. Runs of whole pieces where
    /// <paramref name="maxLength"/> allows, since those need no uncles.
    /// </summary>
    /// <param name="file">Index in <see cref="Metainfo.Layout"/>.</param>
    /// <param name="blocks">Blocks counted from the file's first.</param>
    /// <param name="maxLength">Longest run, a power of two in 2 … 512. The leaves of one piece, for a peer that hashes a piece when it first serves it.</param>
    /// <returns>Nothing for a file of at most one block (its root is its leaf), without a tree, or for no blocks.</returns>
    public static List<HashRequestPlan> ForLeaves(Metainfo metainfo, int file, BlockRun blocks, int maxLength = MaxLength)
    {
        var plans = new List<HashRequestPlan>();
        var blockCount = metainfo.Layout.Files[file].BlockCount;
        var first = Math.Max(0, blocks.First);
        var end = (int)Math.Min(blockCount, (long)blocks.First + blocks.Count);
        if (!metainfo.HasV2Trees || blockCount < 2 || end <= first)
        {
            return plans;
        }

        var leaves = 1L << metainfo.TreeHeight(file);
        var longest = (int)Math.Min(leaves, 1 << BitOperations.Log2((uint)Math.Clamp(maxLength, 2, MaxLength)));
        var unit = Math.Min(longest, 1 << metainfo.PieceHeight);
        unit = Math.Max(unit, 2);
        long at = first / unit * (long)unit;
        var stop = (end + (long)unit - 1) / unit * unit;
        while (at < stop)
        {
            var length = longest;
            while (at % length != 0 || at + length > stop)
            {
                length /= 2;
            }

            plans.Add(Run(metainfo, file, 0, (int)at, length));
            at += length;
        }

        return plans;
    }

    /// <summary>Plans the requests for a file's piece layer, which a magnet's metadata lacks.</summary>
    public static List<HashRequestPlan> ForPieceLayer(Metainfo metainfo, int file)
    {
        var plans = new List<HashRequestPlan>();
        if (!metainfo.HasV2Trees || metainfo.PiecesIn(file) < 2)
        {
            return plans;
        }

        var height = metainfo.TreeHeight(file) - metainfo.PieceHeight;
        var length = (int)Math.Min(MaxLength, 1L << height);
        for (var at = 0; at < metainfo.PiecesIn(file); at += length)
        {
            plans.Add(Run(metainfo, file, metainfo.PieceHeight, at, length));
        }

        return plans;
    }

    private static HashRequestPlan Run(Metainfo metainfo, int file, int baseLayer, int index, int length)
    {
        var top = LeafRun.AnchorHeight(metainfo, file, baseLayer) - baseLayer;
        var height = BitOperations.Log2((uint)length);
        return new(metainfo.Layout.Files[file].PiecesRoot, baseLayer, index, length, top > height ? top - 1 : 0);
    }
}
