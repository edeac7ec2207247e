using Microsoft.Data.Sqlite;

namespace Swarm.Store.Tests;

/// <summary>The real index behind the call counter of a <see cref="SimulatedDisk"/>: its calls fail, and lose power, with the disk's.</summary>
internal sealed class SimulatedIndex(IPieceIndex inner, SimulatedDisk disk) : IPieceIndex
{
    public long Epoch => inner.Epoch;

    public bool WasUnclean => inner.WasUnclean;

    public IReadOnlyList<ContentRow> LoadContents() => Do(inner.LoadContents);

    public IReadOnlyList<UnitRow> LoadUnits(long contentId) => Do(() => inner.LoadUnits(contentId));

    public long AddContent(string key, long length, long lastUsedUnixMs) => Do(() => inner.AddContent(key, length, lastUsedUnixMs));

    public void RemoveContent(long id) => Do(() =>
    {
        inner.RemoveContent(id);
        return 0;
    });

    public void Commit(IndexBatch batch) => Do(() =>
    {
        inner.Commit(batch);
        return 0;
    });

    public void MarkClean() => Do(() =>
    {
        inner.MarkClean();
        return 0;
    });

    public void Dispose() => inner.Dispose();

    private T Do<T>(Func<T> call)
    {
        try
        {
            disk.Step("index");
        }
        catch (IOException e)
        {
            // sqlite.org/rescode.html: SQLITE_FULL 13, SQLITE_IOERR 10
            throw new SqliteException(e.Message, e.HResult == 28 ? 13 : 10);
        }

        return call();
    }
}
