using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Swarm.Store;

/// <summary>
/// The files of the index in a data folder. A damaged index is moved aside as <c>index.db.corrupt-N</c> and a fresh one
/// begun: the cache is lost, never a byte wrong.
/// </summary>
internal static class IndexFile
{
    private const string Name = "index.db";

    // Left by a run that met the damage where it could not be seen at the start.
    private const string DamagedMark = "index.damaged";

    /// <param name="contents">The contents it knows.</param>
    /// <param name="movedTo">Where the damaged index went, if it was one.</param>
    /// <param name="newerVersion">Schema version of an index of a newer program; the result is then null.</param>
    /// <exception cref="SqliteException">The index cannot be opened or made.</exception>
    /// <exception cref="IOException">A damaged index cannot be moved.</exception>
    public static SqliteIndex? TryOpen(string folder, string? bootId, out IReadOnlyList<ContentRow> contents, out string? movedTo, out int newerVersion)
    {
        var path = Path.Combine(folder, Name);
        var mark = Path.Combine(folder, DamagedMark);
        movedTo = null;
        if (File.Exists(mark))
        {
            movedTo = MoveAside(path);
            File.Delete(mark);
        }

        try
        {
            return Load(path, bootId, out contents, out newerVersion);
        }
        catch (Exception e) when (IsDamage(e))
        {
            movedTo = MoveAside(path);
            return Load(path, bootId, out contents, out newerVersion);
        }
    }

    /// <summary>Remembers for the next start that the index is damaged.</summary>
    public static void MarkDamaged(string folder)
    {
        try
        {
            File.WriteAllBytes(Path.Combine(folder, DamagedMark), []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the mark the next start is still unclean, and checks the index then.
        }
    }

    // A table that is missing (SQLITE_ERROR) or a value of the wrong type is damage too: nobody else writes this file.
    private static bool IsDamage(Exception e) =>
        e is SqliteException { SqliteErrorCode: 1 } or InvalidCastException or InvalidOperationException or FormatException or OverflowException
        || StorageFault.Classify(e) == StoreCondition.IndexCorrupt;

    private static SqliteIndex? Load(string path, string? bootId, out IReadOnlyList<ContentRow> contents, out int newerVersion)
    {
        contents = [];
        var index = SqliteIndex.TryOpen(path, bootId, out newerVersion);
        try
        {
            contents = index?.LoadContents() ?? [];
            return index;
        }
        catch
        {
            index?.Dispose();
            throw;
        }
    }

    private static string? MoveAside(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var n = 1;
        while (File.Exists(Aside(path, n)))
        {
            n++;
        }

        File.Move(path, Aside(path, n));
        foreach (var companion in (ReadOnlySpan<string>)["-wal", "-shm"])
        {
            if (File.Exists(path + companion))
            {
                // SQLite finds the log by this name, should somebody want to look into it.
                File.Move(path + companion, Aside(path, n) + companion, overwrite: true);
            }
        }

        return Aside(path, n);
    }

    private static string Aside(string path, int n) => string.Create(CultureInfo.InvariantCulture, $"{path}.corrupt-{n}");
}
