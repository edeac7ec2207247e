namespace Swarm.Core;

/// <summary>
/// The arithmetic of one contiguous content cut into pieces and 16 KiB blocks. It alone knows that the last piece and
/// the last block may be short.
/// </summary>
public readonly record struct PieceLayout
{
    /// <summary>Bytes in a block: the request unit of BEP 3 and the leaf of BEP 52.</summary>
    public const int BlockSize = 16384;

    /// <param name="length">Bytes in the content, ≥ 0.</param>
    /// <param name="pieceLength">Bytes in a piece: a multiple of 16 KiB, ≥ 16 KiB.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lengths make no layout.</exception>
    public PieceLayout(long length, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (pieceLength < BlockSize || pieceLength % BlockSize != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(pieceLength), pieceLength, "a piece is a multiple of 16 KiB");
        }

        if (length / BlockSize >= int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "too long for 32-bit block numbers");
        }

        Length = length;
        PieceLength = pieceLength;
    }

    public long Length { get; }
    public int PieceLength { get; }
    public int BlocksPerPiece => PieceLength / BlockSize;
    public int PieceCount => (int)((Length + PieceLength - 1) / PieceLength);
    public int BlockCount => (int)((Length + BlockSize - 1) / BlockSize);

    public int BlockBytes(int block) => (int)Math.Min(BlockSize, Length - ((long)block * BlockSize));

    public int PieceBytes(int piece) => (int)Math.Min(PieceLength, Length - ((long)piece * PieceLength));

    public int PieceOf(int block) => block / BlocksPerPiece;

    public BlockRun BlocksOf(int piece)
    {
        var first = piece * BlocksPerPiece;
        return new(first, Math.Min(BlocksPerPiece, BlockCount - first));
    }

    /// <summary>The blocks that hold any byte of <paramref name="range"/>.</summary>
    public static BlockRun BlocksOver(ByteRange range)
    {
        if (range.IsEmpty)
        {
            return new((int)(range.Offset / BlockSize), 0);
        }

        var first = (int)(range.Offset / BlockSize);
        return new(first, (int)((range.End - 1) / BlockSize) - first + 1);
    }
}
