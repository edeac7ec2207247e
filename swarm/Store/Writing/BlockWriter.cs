namespace Swarm.Store;

/// <summary>
/// The one thread that writes: blocks into data files, then a sync, then the rows that vouch for them. The order is the
/// store's promise: a row is never committed before its bytes were synced.
/// </summary>
internal sealed class BlockWriter
{
    private const int BatchBlocks = 64;

    private readonly StoreContext _store;
    private readonly Catalogue _catalogue;
    private readonly DataFolder _folder;
    private readonly WriteQueue _queue;
    private readonly Thread _thread;
    private readonly List<StoredContent> _unsynced = [];
    private readonly IndexBatch _batch = new();
    private long _unsyncedBytes;
    private bool _failedSinceFlush;
    private bool _lastWriteFailed;

    public BlockWriter(StoreContext store, Catalogue catalogue, DataFolder folder)
    {
        _store = store;
        _catalogue = catalogue;
        _folder = folder;
        _queue = store.Queue;
        _thread = new Thread(Run) { IsBackground = true, Name = "swarm-store-writer" };
    }

    public void Start() => _thread.Start();

    /// <summary>Waits for the end, which a hanging disk may keep from coming.</summary>
    public void Join(TimeSpan limit) => _thread.Join(limit);

    private void Run()
    {
        OrphanFiles.Delete(_folder, _catalogue);
        var requests = new WriteRequest[BatchBlocks];
        while (!_queue.IsStopping)
        {
            _queue.Wait();
            Drain(requests);
            _catalogue.Pins.CloseUnheld();
            _store.Eviction.MakeRoom(_catalogue);
        }

        Drain(requests);
        if (!_queue.IsAbandoned)
        {
            Finish();
        }

        Release();
    }

    private void Drain(WriteRequest[] requests)
    {
        int taken;
        do
        {
            taken = _queue.Take(requests);
            for (var i = 0; i < taken; i++)
            {
                Write(requests[i]);
            }

            Array.Clear(requests, 0, taken);
            if (_unsyncedBytes >= _store.Options.SyncBytes || _queue.TakeFlushDue())
            {
                Flush();
            }
        }
        while (taken > 0);
    }

    private void Write(in WriteRequest request)
    {
        var fault = _queue.IsAbandoned ? new ObjectDisposedException(nameof(PieceStore)) : request.Content.Writes.Write(request);
        _lastWriteFailed = fault is not null;
        if (fault is null)
        {
            _unsyncedBytes += request.Bytes.Length;
            if (!_unsynced.Contains(request.Content))
            {
                _unsynced.Add(request.Content);
                _queue.ArmFlush(_store.Options.SyncAfter);
            }
        }
        else
        {
            _failedSinceFlush = true;
            if (!_queue.IsAbandoned)
            {
                _store.Monitor.Fail(fault);
            }
        }

        _queue.Processed(request.Bytes.Length);
        request.Complete(fault is null);
    }

    /// <summary>True if everything written is synced and every row committed.</summary>
    private bool Flush()
    {
        if (_queue.IsAbandoned)
        {
            return false;
        }

        _queue.BeginFlush();
        var synced = SyncFiles();
        var committed = CommitRows(out var vouchedForBlocks);
        // Rows of blocks written before the trouble prove nothing about writing now.
        if (synced && committed && vouchedForBlocks && !_lastWriteFailed)
        {
            _store.Monitor.DiskWorks();
        }

        _queue.CompleteFlush(durable: synced && committed && !_failedSinceFlush);
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
                _store.Monitor.Fail(fault);
            }
            else
            {
                _queue.AddDirty(content);
            }
        }

        _unsynced.Clear();
        _unsyncedBytes = 0;
        return good;
    }

    private bool CommitRows(out bool vouchedForBlocks)
    {
        vouchedForBlocks = false;
        foreach (var content in _queue.TakeDirty())
        {
            content.Writes.CollectDirty(_batch, _folder.Index.Epoch);
        }

        if (_batch.IsEmpty)
        {
            return true;
        }

        try
        {
            _folder.Index.Commit(_batch);
            vouchedForBlocks = _batch.Units.Count > 0;
            return true;
        }
        catch (Exception e)
        {
            // Whatever it was, the thread that serves everybody goes on, and the rows are tried again.
            _store.Monitor.Fail(e);
            _catalogue.MarkDirtyAgain(_batch);
            return false;
        }
        finally
        {
            _batch.Clear();
        }
    }

    private void Finish()
    {
        var clean = Flush();
        _catalogue.CloseFiles();
        // The files' stamps, now that nobody writes them any more.
        clean &= Flush();
        if (!clean || _queue.IsAbandoned)
        {
            return;
        }

        try
        {
            _folder.Index.MarkClean();
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // The next start counts as unclean, which is what a failing disk deserves.
            _store.Monitor.Fail(e);
        }
    }

    /// <summary>Lets go of the files, the index and the folder.</summary>
    private void Release()
    {
        _catalogue.AbandonFiles();
        _queue.Dispose();
        _folder.Dispose();
    }
}
