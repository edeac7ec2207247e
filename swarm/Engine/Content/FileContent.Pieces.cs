using Swarm.Core;

namespace Swarm.Engine;

// The slow path of verification: no peer gave the leaves of a piece, so the piece is judged whole by its piece-layer hash.
public sealed partial class FileContent
{
    /// <summary>If every block of the piece is here or held, computes the piece's subtree and admits or drops the held ones.</summary>
    private void SettlePiece(int block)
    {
        Span<Hash256> layer = stackalloc Hash256[0];
        int first, count, piece;
        lock (_gate)
        {
            if (_tree is not { } tree)
            {
                return;
            }

            var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
            piece = block / perPiece;
            first = piece * perPiece;
            count = Math.Min(perPiece, BlockCount - first);
            for (var b = first; b < first + count; b++)
            {
                if (!IsPresent(b) && !_slots.ContainsKey(b))
                {
                    return;
                }
            }

            var leaves = new Hash256[count];
            for (var i = 0; i < count; i++)
            {
                if (_slots.TryGetValue(first + i, out var slot))
                {
                    leaves[i] = slot.Leaf;
                }
                else if (tree.TryLeaf(first + i, out var known))
                {
                    leaves[i] = known;
                }
                else if (KnownOriginLeaf(first + i) is { } origin)
                {
                    leaves[i] = origin;
                }
                else
                {
                    return;
                }
            }

            layer = leaves;
        }

        var proven = layer.ToArray();
        if (PieceRoot(layer) == ExpectedPieceHash(piece))
        {
            LearnLeaves(first, proven, giver: -1);
            return;
        }

        DropHeldPiece(first, count);
    }

    private Hash256 PieceRoot(Span<Hash256> leaves)
    {
        var tree = _tree!;
        // A file of one piece is hashed over its own power of two, a longer one over whole pieces (BEP 52).
        var height = BlockCount <= tree.Metainfo.Layout.BlocksPerPiece
            ? MerkleTree.HeightOf(BlockCount)
            : MerkleTree.HeightOf(tree.Metainfo.Layout.BlocksPerPiece);
        return MerkleTree.Root(leaves, height);
    }

    private Hash256 ExpectedPieceHash(int piece) => _tree!.Metainfo.PieceHash(_tree.File, piece);

    /// <summary>The piece failed as a whole. A sole contributor is to blame; among several nobody is, and the blocks are fetched again.</summary>
    private void DropHeldPiece(int first, int count)
    {
        var culprit = -2;
        var dropped = new List<int>();
        lock (_gate)
        {
            for (var b = first; b < first + count; b++)
            {
                if (_slots.TryGetValue(b, out var slot) && !slot.Admitted)
                {
                    culprit = culprit is -2 || culprit == slot.Source ? slot.Source : -1;
                    dropped.Add(b);
                }
            }

            foreach (var b in dropped)
            {
                DropSlot(b);
            }
        }

        foreach (var b in dropped)
        {
            Counters.Rejected(BlockBytes(b));
        }

        // Among several contributors nobody is to blame: each block is wanted again, from whoever.
        foreach (var b in dropped)
        {
            Post(EventKind.Corrupt, culprit >= 0 && b == dropped[0] ? culprit : -1, b);
        }
    }
}
