using System.Numerics;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>The arithmetic of a unit: 64 neighbouring blocks (1 MiB) of a content, named by the bits of one word, the first by the lowest.</summary>
internal static class UnitBits
{
    /// <summary>A content as units: what <see cref="PieceLayout"/> calls a piece is a unit here.</summary>
    public static PieceLayout Layout(long length) => new(length, UnitRow.Blocks * PieceLayout.BlockSize);

    public static int UnitOf(int block) => block / UnitRow.Blocks;

    public static ulong BitOf(int block) => 1UL << (block % UnitRow.Blocks);

    /// <summary>The bits of the block and of those after it in its unit.</summary>
    public static ulong From(int block) => ulong.MaxValue << (block % UnitRow.Blocks);

    /// <summary>The block that the lowest bit names. <paramref name="bits"/> is not 0.</summary>
    public static int FirstOf(int unit, ulong bits) => (unit * UnitRow.Blocks) + BitOperations.TrailingZeroCount(bits);

    /// <summary>The bits of a unit that are blocks of the content: the last unit may be short.</summary>
    public static ulong InContent(this PieceLayout layout, int unit) => ulong.MaxValue >> (UnitRow.Blocks - layout.BlocksOf(unit).Count);

    /// <summary>Bytes in the blocks that the bits name.</summary>
    public static long Bytes(this PieceLayout layout, int unit, ulong bits)
    {
        long bytes = 0;
        for (; bits != 0; bits &= bits - 1)
        {
            bytes += layout.BlockBytes(FirstOf(unit, bits));
        }

        return bytes;
    }

    /// <summary>Adds the blocks that the bits name to <paramref name="runs"/>, which end before them. A run that reaches up to them grows.</summary>
    public static void AddRuns(List<BlockRun> runs, int unit, ulong bits)
    {
        var at = unit * UnitRow.Blocks;
        while (bits != 0)
        {
            var gap = BitOperations.TrailingZeroCount(bits);
            bits >>>= gap;
            at += gap;
            var count = BitOperations.TrailingZeroCount(~bits);
            // A shift by 64 would shift by 0.
            bits = count == UnitRow.Blocks ? 0 : bits >>> count;
            if (runs.Count > 0 && runs[^1].End == at)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + count };
            }
            else
            {
                runs.Add(new BlockRun(at, count));
            }

            at += count;
        }
    }
}
