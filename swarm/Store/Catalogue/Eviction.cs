namespace Swarm.Store;

/// <summary>Keeps the store under its quota: asked for by whoever meets the limit, done by the writer between blocks.</summary>
internal sealed class Eviction(HealthMonitor monitor, SpaceLedger ledger, WriteQueue queue)
{
    private bool _asked;

    /// <summary>A block was refused for lack of room: the writer shall evict. Any thread, also under a content's lock.</summary>
    /// <returns>False if that was tried and there is nothing to evict.</returns>
    public bool Ask()
    {
        if (monitor.Current.Condition == StoreCondition.QuotaFull)
        {
            return false;
        }

        Volatile.Write(ref _asked, true);
        queue.NoteWanted();
        queue.Wake();
        return true;
    }

    /// <summary>Evicts if room is short, and says so when that is not enough. The writer's.</summary>
    public void MakeRoom(Catalogue catalogue)
    {
        var asked = Interlocked.Exchange(ref _asked, false);
        var wasFull = monitor.Current.Condition == StoreCondition.QuotaFull;
        if (!asked && !wasFull && !ledger.IsHigh)
        {
            return;
        }

        var evicted = Evict(catalogue);
        if (wasFull && ledger.IsRoomy)
        {
            monitor.HasRoom();
        }
        else if (asked && !evicted && monitor.Current.Condition == StoreCondition.Ok)
        {
            monitor.Enter(StoreCondition.QuotaFull);
        }
    }

    /// <summary>Whole contents, least recently used first, none that is open. True if one went.</summary>
    private bool Evict(Catalogue catalogue)
    {
        var any = false;
        lock (catalogue.Gate)
        {
            foreach (var content in catalogue.Contents.Where(c => c is { Pins: 0, IsLive: false }).OrderBy(c => c.Record.LastUsedUnixMs).ToList())
            {
                if (ledger.IsRoomy)
                {
                    break;
                }

                any |= catalogue.TryRemove(content);
            }
        }

        return any;
    }
}
