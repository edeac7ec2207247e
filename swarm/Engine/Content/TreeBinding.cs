using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// What proves one content: which file of which torrent, on whose authority, the leaf hashes learned so far, and whether the
/// origin's own bytes have confirmed it. A v1 torrent has no tree: its leaves are learned piece by piece, as pieces pass whole.
/// Guarded by the content's lock.
/// </summary>
internal sealed class TreeBinding
{
    private readonly Hash256[] _leaves;
    private readonly BlockBits _known;

    public TreeBinding(Metainfo metainfo, int file, Authority authority, bool confirmed)
    {
        Metainfo = metainfo;
        File = file;
        Authority = authority;
        Confirmed = confirmed;
        var blocks = metainfo.Layout.Files[file].BlockCount;
        _leaves = new Hash256[blocks];
        _known = new(blocks);

        // A file of one block is its own tree; pieces of one block have their leaves in the metainfo.
        for (var b = 0; b < blocks && !IsWhole && (blocks == 1 || metainfo.Layout.BlocksPerPiece == 1); b++)
        {
            Learn(b, metainfo.PieceHash(file, b));
        }
    }

    public Metainfo Metainfo { get; }

    /// <summary>Index of the file in the torrent's layout.</summary>
    public int File { get; }

    /// <summary>Only whole pieces can be proven (v1).</summary>
    public bool IsWhole => !Metainfo.HasV2Trees;

    /// <summary>Number of the content's first piece in the torrent.</summary>
    public int FirstPiece => Metainfo.Layout.Files[File].FirstBlock / Metainfo.Layout.BlocksPerPiece;

    public Authority Authority { get; set; }

    /// <summary>The first verify unit that arrived from the origin matched, or no origin stands above the tree.</summary>
    public bool Confirmed { get; set; }

    public bool TryLeaf(int block, out Hash256 leaf)
    {
        leaf = _leaves[block];
        return _known[block];
    }

    public bool Knows(int block) => _known[block];

    /// <summary>Records a leaf that climbed to the tree's piece layer or root.</summary>
    public void Learn(int block, in Hash256 leaf)
    {
        _leaves[block] = leaf;
        _known.Add(block);
    }

    public IEnumerable<BlockRun> KnownRuns() => _known.Runs();
}
