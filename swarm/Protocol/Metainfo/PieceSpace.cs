using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// Between the numbers of the wire (piece, begin) and the blocks of a content. Pieces are counted over all files in order,
/// each file filled up to a piece boundary, so piece <c>p</c> starts at block <c>p × blocks per piece</c>.
/// </summary>
public static class PieceSpace
{
    public static PieceIndex PieceOf(this ContentLayout layout, BlockIndex block) => new(block.Value / layout.BlocksPerPiece);

    /// <summary>Byte offset of a block in its piece.</summary>
    public static int BeginOf(this ContentLayout layout, BlockIndex block) =>
        block.Value % layout.BlocksPerPiece * PieceLayout.BlockSize;

    /// <summary>The blocks of a piece that hold file bytes.</summary>
    public static BlockRun BlocksOf(this ContentLayout layout, PieceIndex piece)
    {
        var first = piece.Value * layout.BlocksPerPiece;
        var file = layout.FileOf(first);
        return new(first, file < 0 ? 0 : Math.Min(layout.BlocksPerPiece, layout.Files[file].Blocks.End - first));
    }

    /// <summary>Bytes of file content in a piece; a v1 piece may carry pad zeros behind them (<see cref="Metainfo.V1PieceBytes"/>).</summary>
    public static int PieceBytes(this ContentLayout layout, PieceIndex piece)
    {
        var first = piece.Value * layout.BlocksPerPiece;
        var file = layout.FileOf(first);
        return file < 0 ? 0 : (int)Math.Min(layout.PieceLength, layout.Files[file].Length - ((long)(first - layout.Files[file].FirstBlock) * PieceLayout.BlockSize));
    }

    /// <summary>The file that holds a piece and the piece's number in it; false for a piece that is not there.</summary>
    public static bool TryFileOf(this ContentLayout layout, PieceIndex piece, out int file, out int pieceInFile)
    {
        file = piece.Value < 0 || piece.Value >= layout.PieceCount ? -1 : layout.FileOf(piece.Value * layout.BlocksPerPiece);
        pieceInFile = file < 0 ? 0 : piece.Value - (layout.Files[file].FirstBlock / layout.BlocksPerPiece);
        return file >= 0;
    }

    /// <summary>The block that a request or piece message names; false unless it is exactly one block of file content.</summary>
    public static bool TryBlockOf(this ContentLayout layout, PieceIndex piece, int begin, int length, out BlockIndex block)
    {
        block = default;
        if (piece.Value < 0 || piece.Value >= layout.PieceCount || begin < 0 || begin >= layout.PieceLength || begin % PieceLayout.BlockSize != 0)
        {
            return false;
        }

        block = new((piece.Value * layout.BlocksPerPiece) + (begin / PieceLayout.BlockSize));
        return length > 0 && layout.BlockBytes(block.Value) == length;
    }
}
