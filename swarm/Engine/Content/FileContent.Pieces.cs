using Swarm.Core;

namespace Swarm.Engine;

// The slow path of verification: no peer gave the leaves of a piece, so the piece is judged whole by its piece-layer hash.
public sealed partial class FileContent
{
    /// <summary>
    /// If every block of the piece is here or held and some are not proven yet, computes the piece's subtree: it proves all of
    /// them, or the held ones go.
    /// </summary>
    private void SettlePiece(int block)
    {
        Hash256[] leaves;
        TreeBinding tree;
        int first, piece;
        var held = false;
        var unprovenOrigin = false;
        lock (_gate)
        {
            if (_tree is not { } bound || _falsified)
            {
                return;
            }

            tree = bound;
        }

        if (tree.IsWhole)
        {
            SettleWhole(tree, block);
            return;
        }

        lock (_gate)
        {
            var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
            piece = block / perPiece;
            first = piece * perPiece;
            leaves = Array.Empty<Hash256>();
            // From behind: a run under way lacks the last block, and the answer is no at the first look.
            for (var b = Math.Min(first + perPiece, BlockCount) - 1; b >= first; b--)
            {
                if (!IsPresent(b) && !_memory.IsHeld(b))
                {
                    return;
                }
            }

            leaves = new Hash256[Math.Min(perPiece, BlockCount - first)];
            for (var i = 0; i < leaves.Length; i++)
            {
                if (tree.TryLeaf(first + i, out leaves[i]))
                {
                    continue;
                }

                if (_memory.IsHeld(first + i) && _memory.TryGet(first + i, out var slot))
                {
                    leaves[i] = slot.Leaf;
                    held = true;
                }
                else if (KnownOriginLeaf(first + i) is { } own)
                {
                    leaves[i] = own;
                    unprovenOrigin = true;
                }
                else
                {
                    return;
                }
            }
        }

        if (!held && !unprovenOrigin)
        {
            return;
        }

        if (tree.Metainfo.IsPiece(tree.File, piece, leaves))
        {
            LearnLeaves(first, leaves, giver: -1);
            BlameFor(first, leaves);
        }
        else if (held)
        {
            Condemn(first, leaves, unprovenOrigin);
        }
        else
        {
            // Nobody but the origin had a hand in this piece, and the tree says otherwise.
            Falsify();
        }
    }

    private bool IsStillHeld(int block, in Hash256 leaf, out int source)
    {
        source = -1;
        if (_memory.IsHeld(block) && _memory.TryGet(block, out var slot) && slot.Leaf == leaf)
        {
            source = slot.Source;
            return true;
        }

        return false;
    }
}
