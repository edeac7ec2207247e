namespace Swarm.Store;

/// <summary>
/// Makes what was written durable: syncs the files, then commits the rows that vouch for them. The order is the store's
/// promise: a row is never committed before its bytes were synced.
/// </summary>
/// <remarks>The writer's alone.</remarks>
internal sealed class Flusher(StoreContext store, Catalogue catalogue)
{
    private readonly List<StoredContent> _unsynced = [];
    private readonly IndexBatch _batch = new();
    private long _unsyncedBytes;
    private bool _failedSinceFlush;
    private bool _lastWriteFailed;

    /// <summary>True if so much was written, or so long ago, that it is time.</summary>
    public bool TakeDue() => _unsyncedBytes >= store.Options.SyncBytes || store.Queue.TakeFlushDue();

    public void NoteWritten(StoredContent content, int bytes)
    {
        _lastWriteFailed = false;
        _unsyncedBytes += bytes;
        if (!_unsynced.Contains(content))
        {
            _unsynced.Add(content);
            store.Queue.ArmFlush(store.Options.SyncAfter);
        }
    }

    public void NoteFailed()
    {
        _lastWriteFailed = true;
        _failedSinceFlush = true;
    }

    /// <summary>True if everything written is synced and every row committed.</summary>
    public bool Flush()
    {
        var queue = store.Queue;
        if (queue.IsAbandoned)
        {
            return false;
        }

        queue.BeginFlush();
        var synced = SyncFiles();
        var committed = CommitRows(out var vouchedForBlocks);
        // Rows of blocks written before the trouble prove nothing about writing now.
        if (synced && committed && vouchedForBlocks && !_lastWriteFailed)
        {
            store.Monitor.DiskWorks();
        }

        queue.CompleteFlush(durable: synced && committed && !_failedSinceFlush);
        _failedSinceFlush = false;
        return synced && committed;
    }

    private bool SyncFiles()
    {
        var good = true;
        foreach (var content in _unsynced)
        {
            if (content.Writes.Sync() is { } fault)
            {
                good = false;
                store.Monitor.Fail(fault);
            }
            else
            {
                store.Queue.AddDirty(content);
            }
        }

        _unsynced.Clear();
        _unsyncedBytes = 0;
        return good;
    }

    /// <summary>Commits the rows that are out of date: of blocks that are synced, and of those that are gone.</summary>
    public bool CommitRows(out bool vouchedForBlocks)
    {
        vouchedForBlocks = false;
        foreach (var content in store.Queue.TakeDirty())
        {
            content.Writes.CollectDirty(_batch, catalogue.Index.Epoch);
        }

        if (_batch.IsEmpty)
        {
            return true;
        }

        try
        {
            catalogue.Index.Commit(_batch);
            vouchedForBlocks = _batch.Units.Count > 0;
            return true;
        }
        catch (Exception e)
        {
            // Whatever it was, the thread that serves everybody goes on, and the rows are tried again.
            store.Monitor.Fail(e);
            catalogue.MarkDirtyAgain(_batch);
            return false;
        }
        finally
        {
            _batch.Clear();
        }
    }
}
