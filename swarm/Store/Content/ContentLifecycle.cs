namespace Swarm.Store;

/// <summary>How one content comes to life and goes: opening its file, closing it, and being forgotten.</summary>
/// <remarks>Under the catalogue's lock, which keeps these from each other; the content's lock keeps them from the blocks' steps.</remarks>
internal sealed class ContentLifecycle(StoredContent content, StoreContext store, ContentWrites writes, DamageNotice damage)
{
    /// <summary>Opens the file and takes over the rows of the index.</summary>
    /// <returns>True if some blocks have to be re-hashed.</returns>
    public bool Open(IPieceIndex index)
    {
        var record = content.Record;
        var loaded = LoadedContent.Load(
            store.Options.FileSystem, content.Path, content.Layout, record.Stamp, index.LoadUnits(record.Id), index.Epoch);
        store.Ledger.Adjust(loaded.Bytes - record.StoredBytes);
        record.StoredBytes = loaded.Bytes;
        content.Live = loaded.Live;
        if (loaded.Doubt != FileDoubt.None)
        {
            writes.MarkRowDirty();
        }

        if (loaded.Doubt is FileDoubt.Vanished or FileDoubt.Resized)
        {
            damage.Tell(null);
        }

        return loaded.HasSuspects;
    }

    /// <summary>Closes the file and forgets what is only needed while it is open.</summary>
    /// <returns>False while blocks or rows are still on their way to the disk.</returns>
    public bool TryClose()
    {
        lock (content.Gate)
        {
            if (content.Live is not { } live)
            {
                return true;
            }

            if (live.IsBusy)
            {
                return false;
            }

            content.Record.Stamp = StampOf(live.File);
            content.Record.IsDirty = true;
            CloseFile();
        }

        store.Queue.AddDirty(content);
        return true;
    }

    /// <summary>The store forgets the content.</summary>
    /// <returns>False while blocks are with the writer.</returns>
    public bool TryRemove()
    {
        lock (content.Gate)
        {
            if (content.Live is { InFlight: > 0 })
            {
                return false;
            }

            content.IsRemoved = true;
            store.Ledger.Adjust(-content.Record.StoredBytes);
            content.Record.StoredBytes = 0;
            CloseFile();
            return true;
        }
    }

    /// <summary>Closes the file as the end of the process would.</summary>
    public void Abandon()
    {
        lock (content.Gate)
        {
            CloseFile();
        }
    }

    private static long StampOf(IBlockFile file)
    {
        try
        {
            return file.Stamp;
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // Without a stamp the blocks are re-hashed next time.
            return 0;
        }
    }

    private void CloseFile()
    {
        var live = content.Live;
        content.Live = null;
        live?.File.Dispose();
    }
}
