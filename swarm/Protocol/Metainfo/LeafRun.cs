using System.Numerics;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// A run of hashes from a BEP 52 hashes message and its proof: it counts only if it leads to a value the metainfo vouches
/// for, which is a piece hash where the piece layer is here and the pieces root otherwise.
/// </summary>
public static class LeafRun
{
    /// <summary>The hashes of an answer, in front, and its uncles, behind; false if it has not exactly the hashes asked for.</summary>
    public static bool TrySplit(in HashRequestPlan asked, ReadOnlySpan<Hash256> answer, out ReadOnlySpan<Hash256> hashes, out ReadOnlySpan<Hash256> uncles)
    {
        var right = answer.Length == asked.Length + asked.UncleCount;
        hashes = right ? answer[..asked.Length] : default;
        uncles = right ? answer[asked.Length..] : default;
        return right;
    }

    /// <summary>Verifies an aligned run. Allocates nothing; trusts no argument but the metainfo.</summary>
    /// <param name="file">Index in <see cref="Metainfo.Layout"/>.</param>
    /// <param name="baseLayer">Layers above the leaves: 0, or the piece layer.</param>
    /// <param name="index">First hash of the run in its layer.</param>
    /// <param name="length">Hashes in the run, a power of two up to 512.</param>
    /// <param name="hashes">The run; past the end of the file, roots of zero subtrees (for leaves: zero hashes).</param>
    /// <param name="uncles">One sibling a level from the run's own root upwards. More than needed is ignored.</param>
    public static bool TryVerify(
        Metainfo metainfo, int file, int baseLayer, int index, int length, ReadOnlySpan<Hash256> hashes, ReadOnlySpan<Hash256> uncles)
    {
        if (!metainfo.HasV2Trees || (uint)file >= (uint)metainfo.Layout.Files.Length || metainfo.Layout.Files[file].Length == 0
            || length is < 1 or > HashRequestPlan.MaxLength || !BitOperations.IsPow2(length) || hashes.Length != length)
        {
            return false;
        }

        var treeHeight = metainfo.TreeHeight(file);
        if (baseLayer < 0 || baseLayer > treeHeight || index < 0 || index % length != 0 || (long)index + length > 1L << (treeHeight - baseLayer))
        {
            return false;
        }

        // Hashes over nothing but the space past the end of the file have one known value.
        var width = 1L << baseLayer;
        var inFile = (metainfo.Layout.Files[file].BlockCount + width - 1) / width;
        var past = (int)Math.Clamp(inFile - index, 0, length);
        if (past < length && hashes[past..].ContainsAnyExcept(MerkleTree.ZeroSubtree(baseLayer)))
        {
            return false;
        }

        var anchor = AnchorHeight(metainfo, file, baseLayer);
        var runHeight = baseLayer + BitOperations.Log2((uint)length);
        Span<Hash256> scratch = stackalloc Hash256[HashRequestPlan.MaxLength];
        if (runHeight < anchor)
        {
            var levels = anchor - runHeight;
            if (uncles.Length < levels)
            {
                return false;
            }

            hashes.CopyTo(scratch);
            var run = MerkleTree.Root(scratch[..length], runHeight - baseLayer);
            return MerkleTree.Climb(run, index / length, uncles[..levels]) == Anchor(metainfo, file, anchor, (int)(((long)index << baseLayer) >> anchor));
        }

        var perAnchor = 1 << (anchor - baseLayer);
        for (var at = 0; at < past; at += perAnchor)
        {
            hashes.Slice(at, perAnchor).CopyTo(scratch);
            var root = MerkleTree.Root(scratch[..perAnchor], anchor - baseLayer);
            if (root != Anchor(metainfo, file, anchor, (index + at) / perAnchor))
            {
                return false;
            }
        }

        // A run wholly past the end proves nothing that anyone needs, yet it is right.
        return true;
    }

    /// <summary>Height of the layer whose hashes are known: the piece layer, or the root where that is all there is.</summary>
    internal static int AnchorHeight(Metainfo metainfo, int file, int baseLayer) =>
        metainfo.PiecesIn(file) > 1 && metainfo.HasPieceHashes(file) && baseLayer <= metainfo.PieceHeight
            ? metainfo.PieceHeight
            : metainfo.TreeHeight(file);

    private static Hash256 Anchor(Metainfo metainfo, int file, int height, int index) =>
        height == metainfo.TreeHeight(file) ? metainfo.Layout.Files[file].PiecesRoot
        : index < metainfo.PiecesIn(file) ? metainfo.PieceHash(file, index)
        : MerkleTree.ZeroSubtree(height);
}
