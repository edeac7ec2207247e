namespace Swarm.Engine;

// What pages draw.
public sealed partial class FileContent
{
    /// <summary>Blocks looked at under one hold of the lock: some 10 µs.</summary>
    private const int PictureStride = 4096;

    private const string PictureKinds = "opsh";

    /// <param name="cellLimit">At most so many cells, ≥ 1.</param>
    public ContentPicture Picture(int cellLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cellLimit, 1);
        var (perCell, cells) = ContentPicture.Cells(BlockCount, cellLimit);
        var (kinds, fill) = (new char[cells], new char[cells]);
        Span<int> counts = stackalloc int[PictureKinds.Length];
        for (var cell = 0; cell < cells;)
        {
            lock (_gate)
            {
                for (var until = Math.Min(cells, cell + Math.Max(1, PictureStride / perCell)); cell < until; cell++)
                {
                    var (first, end) = (cell * perCell, Math.Min(BlockCount, (cell + 1) * perCell));
                    counts.Clear();
                    for (var block = first; block < end; block++)
                    {
                        if (KindOf(block) is var kind and >= 0)
                        {
                            counts[kind]++;
                        }
                    }

                    (kinds[cell], fill[cell]) = Cell(counts, end - first);
                }
            }
        }

        return new(perCell, new(kinds), new(fill));
    }

    private static (char Kind, char Fill) Cell(ReadOnlySpan<int> counts, int blocks)
    {
        var (most, here) = (0, 0);
        for (var kind = 0; kind < counts.Length; kind++)
        {
            here += counts[kind];
            most = counts[kind] > counts[most] ? kind : most;
        }

        // Something is never shown as nothing, and all but one never as all.
        return here == 0 ? ('.', '0') : (PictureKinds[most], (char)('0' + (here == blocks ? 9 : Math.Clamp(here * 10 / blocks, 1, 8))));
    }

    /// <summary>An index into <see cref="PictureKinds"/>; -1 for a block that is missing. Inside the lock.</summary>
    private int KindOf(int block) =>
        !IsPresent(block) ? _memory.IsHeld(block) ? 3 : -1
        : DeliveredBy(block) < 0 ? 2
        : _fromOrigin[block] ? 0 : 1;
}
