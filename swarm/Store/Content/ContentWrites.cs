using Swarm.Core;

namespace Swarm.Store;

/// <summary>The writer's part of one content: bytes into its file, the sync, and the rows that vouch for them.</summary>
/// <remarks>The writer's alone, except <see cref="MarkRowDirty"/>. No lock is held across IO.</remarks>
internal sealed class ContentWrites(StoredContent content, StoreContext store, BlockChanges changes, DamageNotice damage)
{
    /// <summary>Puts the bytes in the file.</summary>
    /// <returns>Null if the block is present now, else why not.</returns>
    public Exception? Write(in WriteRequest request)
    {
        Exception? fault = null;
        try
        {
            WriteFile(request);
        }
        catch (Exception e)
        {
            // Whatever it was, this block is not kept; the writer serves the others.
            fault = e;
        }

        changes.End(request, written: fault is null);
        return fault;
    }

    /// <summary>Syncs what was written; the blocks may stand in the index from now on.</summary>
    /// <returns>Null, or why the blocks written since the last sync had to be dropped.</returns>
    public Exception? Sync()
    {
        if (content.Live is not { } live)
        {
            return null;
        }

        try
        {
            live.File.Sync();
        }
        catch (ObjectDisposedException) when (content.IsRemoved)
        {
            return null;
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // After a failed fsync the kernel may have thrown the pages away and call them clean: nothing written
            // since the last good sync can be believed, and asking again proves nothing.
            foreach (var block in live.Unsynced)
            {
                changes.Drop(live, block);
            }

            live.Unsynced.Clear();
            return e;
        }

        changes.EndSynced(live);
        return null;
    }

    /// <summary>Adds the rows that are out of date. They share the leaf tables, which only the writer changes.</summary>
    public void CollectDirty(IndexBatch batch, long epoch)
    {
        var record = content.Record;
        lock (content.Gate)
        {
            if (content.IsRemoved)
            {
                return;
            }

            var units = batch.Units.Count;
            content.Live?.Blocks.TakeDirty(record.Id, epoch, batch.Units);
            if (record.IsDirty || batch.Units.Count > units)
            {
                record.IsDirty = false;
                batch.Contents.Add(record.ToRow());
            }
        }
    }

    /// <summary>A commit failed: the unit's row is still out of date.</summary>
    public void MarkUnitDirty(int unit)
    {
        lock (content.Gate)
        {
            content.Live?.Blocks.MarkDirty(unit);
        }

        MarkRowDirty();
    }

    /// <summary>The content's own row is out of date. Any thread.</summary>
    public void MarkRowDirty()
    {
        lock (content.Gate)
        {
            content.Record.IsDirty = true;
        }

        store.Queue.AddDirty(content);
    }

    private void WriteFile(in WriteRequest request)
    {
        var file = request.Live.File;
        if (file.Length < content.Length)
        {
            // Somebody shortened the file. Writing past its end would turn what is missing into zeros.
            damage.Tell(null);
            changes.DropAll(request.Live);
            file.SetLength(content.Length);
        }

        file.Write(request.Bytes.Span, (long)request.Block * PieceLayout.BlockSize);
    }
}
