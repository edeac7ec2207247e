using Swarm.Core;

namespace Swarm.Engine;

// What viewers who share an origin may prove together, before any of them has a whole piece.
public sealed partial class FileContent
{
    /// <summary>The leaf hash of a block as the origin delivered it, of a version that strangers may have; false if the origin did not.</summary>
    internal bool TryOriginLeaf(int block, out Hash256 leaf)
    {
        lock (_gate)
        {
            if (!_released && !_falsified && _fromOrigin[block] && _tree is { } tree && Version.Shareable && tree.Authority.AllowsPeers()
                && KnownOriginLeaf(block) is { } known)
            {
                leaf = known;
                return true;
            }
        }

        leaf = default;
        return false;
    }

    /// <summary>Learns the leaves of a whole piece if they hash to what the torrent says of it.</summary>
    /// <param name="first">First block of the piece.</param>
    internal bool TryLearnPiece(int first, ReadOnlySpan<Hash256> leaves)
    {
        if (Tree is not { IsWhole: false } tree)
        {
            return false;
        }

        var perPiece = tree.Metainfo.Layout.BlocksPerPiece;
        if (first % perPiece != 0 || leaves.Length != Math.Min(perPiece, BlockCount - first))
        {
            return false;
        }

        if (!tree.Metainfo.IsPiece(tree.File, first / perPiece, leaves))
        {
            return false;
        }

        LearnLeaves(first, leaves, giver: -1);
        return true;
    }
}
