using System.Diagnostics.CodeAnalysis;

namespace Swarm.Store;

/// <summary>The contents of a data folder by name, and their lock.</summary>
/// <remarks>
/// The catalogue's lock is the first in the order of locks, and alone of them it is held while the index or the file
/// system answers. Members say where it is the caller's to take.
/// </remarks>
internal sealed class Catalogue
{
    private readonly StoreContext _store;
    private readonly DataFolder _folder;
    private readonly Dictionary<string, StoredContent> _contents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);

    public Catalogue(StoreContext store, DataFolder folder)
    {
        _store = store;
        _folder = folder;
        Pins = new ContentPins(this, store);
        foreach (var row in folder.Rows.Where(r => IsStorable(r.Length)))
        {
            if (row.Metadata == ContentRecord.Condemned)
            {
                // Its file is an orphan from now on.
                folder.Index.RemoveContent(row.Id);
                continue;
            }

            Add(row);
            store.Ledger.Adjust(row.StoredBytes);
        }
    }

    public Lock Gate { get; } = new();

    public ContentPins Pins { get; }

    public IPieceIndex Index => _folder.Index;

    /// <summary>Nothing is opened or deleted any more. Under the lock.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Under the lock.</summary>
    public IReadOnlyCollection<StoredContent> Contents => _contents.Values;

    public bool IsStorable(long length) => length > 0 && length <= _store.Options.MaxContentBytes;

    /// <summary>Under the lock.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out StoredContent? content) => _contents.TryGetValue(key, out content);

    /// <summary>A content nobody knew, in the index from now on. Under the lock.</summary>
    public StoredContent AddNew(string key, long length)
    {
        var now = _store.NowUnixMs;
        return Add(new ContentRow(Index.AddContent(key, length, now), key, length, null, 0, 0, now));
    }

    /// <summary>True if a content's data file has that path. Under the lock.</summary>
    public bool Owns(string path) => _paths.Contains(path);

    /// <summary>Everything kept, a snapshot.</summary>
    public IReadOnlyList<ContentSummary> Summarise()
    {
        lock (Gate)
        {
            return [.. _contents.Values.Select(c => c.Summarise())];
        }
    }

    /// <summary>Forgets a content that nobody holds open. False if there is none or it is in use.</summary>
    public bool Delete(string key)
    {
        lock (Gate)
        {
            return !IsClosed && TryGet(key, out var content) && content.Pins == 0 && TryRemove(content);
        }
    }

    /// <summary>Mark absent, commit, and only then delete: a file without rows is garbage, rows without a file are doubt. Under the lock.</summary>
    /// <returns>False while blocks are with the writer.</returns>
    public bool TryRemove(StoredContent content)
    {
        if (!content.Lifecycle.TryRemove())
        {
            return false;
        }

        _contents.Remove(content.Key);
        _paths.Remove(content.Path);
        try
        {
            Index.RemoveContent(content.Record.Id);
            _folder.Delete(content.Path);
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            _store.Monitor.Fail(e);
        }

        return true;
    }

    /// <summary>A commit failed: its rows are still to be written. The writer's.</summary>
    public void MarkDirtyAgain(IndexBatch batch)
    {
        lock (Gate)
        {
            var byId = _contents.Values.ToDictionary(c => c.Record.Id);
            foreach (var (id, row) in batch.Units)
            {
                byId.GetValueOrDefault(id)?.Writes.MarkUnitDirty(row.Unit);
            }

            foreach (var row in batch.Contents)
            {
                byId.GetValueOrDefault(row.Id)?.Writes.MarkRowDirty();
            }
        }
    }

    /// <summary>False if it was closed before.</summary>
    public bool TryClose()
    {
        lock (Gate)
        {
            var first = !IsClosed;
            IsClosed = true;
            return first;
        }
    }

    /// <summary>Closes the files, held or not, that nothing is on its way to. The writer's.</summary>
    public void CloseFiles() => ForEach(static c => c.Lifecycle.TryClose());

    /// <summary>Closes the files as the end of the process would. The writer's last act.</summary>
    public void AbandonFiles() => ForEach(static c => c.Lifecycle.Abandon());

    private StoredContent Add(ContentRow row)
    {
        var content = new StoredContent(_store, Pins, row, _folder.PathOf(row.Key));
        _contents.Add(row.Key, content);
        _paths.Add(content.Path);
        return content;
    }

    private void ForEach(Action<StoredContent> act)
    {
        lock (Gate)
        {
            foreach (var content in _contents.Values)
            {
                act(content);
            }
        }
    }
}
