using System.Collections.Immutable;

namespace Swarm.Core;

/// <summary>One file of a content. <paramref name="FirstBlock"/> × 16 KiB is where it starts in the content's block space.</summary>
/// <param name="Path">Slash-separated, relative, already checked for traversal; the name alone for a single-file content.</param>
/// <param name="Length">Bytes.</param>
/// <param name="FirstBlock">First block in the content; files start on piece boundaries (BEP 52, BEP 47).</param>
/// <param name="PiecesRoot">Root of the file's BEP 52 tree, or default when there is none.</param>
public sealed record ContentFile(string Path, long Length, int FirstBlock, Hash256 PiecesRoot)
{
    public int BlockCount => (int)((Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
    public BlockRun Blocks => new(FirstBlock, BlockCount);
    public long ContentOffset => (long)FirstBlock * PieceLayout.BlockSize;
}

/// <summary>
/// The files of one swarm laid out in one block space, each starting on a piece boundary, so that a block belongs to
/// exactly one file. A lone origin resource is a content of one file.
/// </summary>
public sealed record ContentLayout(ImmutableArray<ContentFile> Files, int PieceLength)
{
    public int BlocksPerPiece => PieceLength / PieceLayout.BlockSize;

    /// <summary>Blocks in the block space, gaps after short last pieces included.</summary>
    public int BlockCount => Files.IsEmpty ? 0 : Files[^1].FirstBlock + Files[^1].BlockCount;

    public int PieceCount => (BlockCount + BlocksPerPiece - 1) / BlocksPerPiece;

    /// <summary>A content of one file.</summary>
    public static ContentLayout Single(string path, long length, int pieceLength, Hash256 piecesRoot = default) =>
        new([new ContentFile(path, length, 0, piecesRoot)], pieceLength);

    /// <summary>Index of the file that holds <paramref name="block"/>, or -1 for a gap.</summary>
    public int FileOf(int block)
    {
        int lo = 0, hi = Files.Length - 1;
        while (lo <= hi)
        {
            var mid = (lo + hi) >>> 1;
            var f = Files[mid];
            if (block < f.FirstBlock)
            {
                hi = mid - 1;
            }
            else if (block >= f.FirstBlock + f.BlockCount)
            {
                lo = mid + 1;
            }
            else
            {
                return mid;
            }
        }

        return -1;
    }

    /// <summary>Bytes in <paramref name="block"/>; 0 for a gap.</summary>
    public int BlockBytes(int block)
    {
        var i = FileOf(block);
        if (i < 0)
        {
            return 0;
        }

        var f = Files[i];
        return (int)Math.Min(PieceLayout.BlockSize, f.Length - ((long)(block - f.FirstBlock) * PieceLayout.BlockSize));
    }
}
