using Swarm.Core;

namespace Swarm.Store;

/// <summary>A content as its file and its rows tell it together: what <see cref="Load"/> found, before anybody else sees it.</summary>
/// <param name="Live">Its file, at full length, and its blocks.</param>
/// <param name="Doubt">Why no block is trusted, if so.</param>
/// <param name="Bytes">Bytes kept, suspect ones included.</param>
/// <param name="HasSuspects">True if some blocks have to be re-hashed.</param>
internal sealed record LoadedContent(LiveContent Live, FileDoubt Doubt, long Bytes, bool HasSuspects)
{
    /// <summary>Opens the file, or makes it, and takes over the rows.</summary>
    /// <param name="stamp">The file's time of last write at the last orderly close.</param>
    /// <param name="epoch">Rows of earlier epochs are not trusted.</param>
    public static LoadedContent Load(IFileSystem files, string path, PieceLayout layout, long stamp, IReadOnlyList<UnitRow> rows, long epoch)
    {
        var existed = files.Exists(path);
        var file = files.Open(path);
        try
        {
            var doubt = rows.Count == 0 ? FileDoubt.None : DoubtOf(existed, file, layout.Length, stamp);
            if (file.Length != layout.Length)
            {
                file.SetLength(layout.Length);
            }

            return TakeOver(file, layout, rows, epoch, doubt);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileDoubt DoubtOf(bool existed, IBlockFile file, long length, long stamp) =>
        !existed ? FileDoubt.Vanished
        : file.Length != length ? FileDoubt.Resized
        : file.Stamp != stamp ? FileDoubt.Rewritten
        : FileDoubt.None;

    private static LoadedContent TakeOver(IBlockFile file, PieceLayout layout, IReadOnlyList<UnitRow> rows, long epoch, FileDoubt doubt)
    {
        var blocks = new BlockTable(layout.PieceCount);
        var bytes = 0L;
        var hasSuspects = false;
        foreach (var row in rows)
        {
            if (row.Unit >= blocks.UnitCount)
            {
                continue;
            }

            var kept = doubt == FileDoubt.Vanished ? 0 : row.Present & layout.InContent(row.Unit);
            var unit = new UnitState(row, kept, trusted: doubt == FileDoubt.None && row.Epoch == epoch ? row.Trusted : 0);
            blocks.Put(row.Unit, unit);
            bytes += layout.Bytes(row.Unit, kept);
            hasSuspects |= unit.Suspect != 0;
            if (doubt != FileDoubt.None)
            {
                // The doubt must outlive this run: the row says trusted.
                blocks.MarkDirty(row.Unit);
            }
        }

        return new LoadedContent(new LiveContent(file, blocks), doubt, bytes, hasSuspects);
    }
}
