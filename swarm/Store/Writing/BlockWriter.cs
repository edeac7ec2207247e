namespace Swarm.Store;

/// <summary>The one thread that writes: blocks into data files as they come, a flush when it is due, and between them the catalogue's chores.</summary>
internal sealed class BlockWriter
{
    private const int BatchBlocks = 64;

    private readonly StoreContext _store;
    private readonly Catalogue _catalogue;
    private readonly DataFolder _folder;
    private readonly WriteQueue _queue;
    private readonly Flusher _flusher;
    private readonly Thread _thread;

    public BlockWriter(StoreContext store, Catalogue catalogue, DataFolder folder)
    {
        _store = store;
        _catalogue = catalogue;
        _folder = folder;
        _queue = store.Queue;
        _flusher = new Flusher(store, catalogue);
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
            MakeRoom();
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
            if (_flusher.TakeDue())
            {
                _flusher.Flush();
            }

            // Between batches too: under a load that never ends there is no other time.
            MakeRoom();
        }
        while (taken > 0);
    }

    private void MakeRoom()
    {
        _store.Eviction.MakeRoom(_catalogue, _flusher);
        if (_queue.TakeRoom())
        {
            _store.Events.RaiseRoom();
        }
    }

    private void Write(in WriteRequest request)
    {
        _store.NoteBusy();
        var fault = _queue.IsAbandoned ? new ObjectDisposedException(nameof(PieceStore)) : request.Content.Writes.Write(request);
        if (fault is null)
        {
            _flusher.NoteWritten(request.Content, request.Bytes.Length);
        }
        else
        {
            _flusher.NoteFailed();
            if (!_queue.IsAbandoned)
            {
                _store.Monitor.Fail(fault);
            }
        }

        _queue.Processed(request.Bytes.Length);
        request.Complete(fault is null);
    }

    private void Finish()
    {
        var clean = _flusher.Flush();
        _catalogue.CloseFiles();
        // The files' stamps, now that nobody writes them any more.
        clean &= _flusher.Flush();
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
