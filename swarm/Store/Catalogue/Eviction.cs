namespace Swarm.Store;

/// <summary>
/// Keeps the store under its quota: asked for by whoever meets the limit, done by the writer between blocks. What was used longest ago
/// goes first, a MiB (the row of the index) at a time: marked absent, the row committed, and only then is the file given a hole.
/// Where the file system makes no holes, whole contents go that nobody holds.
/// </summary>
internal sealed class Eviction(StoreContext store)
{
    /// <summary>Where nothing could be evicted it is tried again after this.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<(StoredContent Content, LiveContent Live, int Unit)> _holes = [];
    private bool? _makesHoles;
    private long _futileAt;
    private bool _asked;

    private SpaceLedger Ledger => store.Ledger;

    private HealthMonitor Monitor => store.Monitor;

    private bool IsTooSoon => _futileAt != 0 && store.Options.TimeProvider.GetElapsedTime(Volatile.Read(ref _futileAt)) < RetryAfter;

    /// <summary>A block was refused for lack of room: the writer shall evict. Any thread, also under a content's lock.</summary>
    /// <returns>False if that was tried and there is nothing to evict.</returns>
    public bool Ask()
    {
        var isFull = Monitor.Current.Condition == StoreCondition.QuotaFull;
        if (isFull && IsTooSoon)
        {
            return false;
        }

        Volatile.Write(ref _asked, true);
        store.Queue.NoteWanted();
        store.Queue.Wake();
        return !isFull;
    }

    /// <summary>A holder let a content go: what could not be evicted before may go now. Any thread.</summary>
    public void NoteLetGo() => Volatile.Write(ref _futileAt, 0);

    /// <summary>Evicts if room is short, and says so when that is not enough. The writer's, under no lock.</summary>
    public void MakeRoom(Catalogue catalogue, Flusher flusher)
    {
        var asked = Interlocked.Exchange(ref _asked, false);
        var wasFull = Monitor.Current.Condition == StoreCondition.QuotaFull;
        if (!asked && !wasFull && (IsTooSoon || !Ledger.IsHigh))
        {
            return;
        }

        var evicted = Evict(catalogue, flusher);
        Volatile.Write(ref _futileAt, evicted ? 0 : Math.Max(1, store.Options.TimeProvider.GetTimestamp()));
        if (wasFull && Ledger.IsRoomy)
        {
            Monitor.HasRoom();
        }
        else if (asked && !evicted && Monitor.Current.Condition == StoreCondition.Ok)
        {
            Monitor.Enter(StoreCondition.QuotaFull);
        }
    }

    /// <summary>True if anything went.</summary>
    private bool Evict(Catalogue catalogue, Flusher flusher)
    {
        var any = false;
        foreach (var (content, unit, _) in Candidates(catalogue))
        {
            if (Ledger.IsRoomy)
            {
                break;
            }

            any |= unit >= 0 ? EvictUnit(content, unit) : EvictUnheld(catalogue, content);
        }

        if (_holes.Count > 0)
        {
            if (flusher.CommitRows(out _))
            {
                MakeHoles();
            }

            _holes.Clear();
        }

        return any;
    }

    /// <summary>What may go, used longest ago first: the units of open contents, and contents that nobody holds.</summary>
    private List<(StoredContent Content, int Unit, long UsedUnixMs)> Candidates(Catalogue catalogue)
    {
        var found = new List<(StoredContent Content, int Unit, long UsedUnixMs)>();
        lock (catalogue.Gate)
        {
            foreach (var content in catalogue.Contents)
            {
                if (!content.IsLive)
                {
                    found.Add((content, -1, content.Record.LastUsedUnixMs));
                }
                else if (_makesHoles != false)
                {
                    AddUnits(content, found, sparesNewest: content.Pins > 0);
                }
            }
        }

        found.Sort(static (a, b) => a.UsedUnixMs != b.UsedUnixMs ? a.UsedUnixMs.CompareTo(b.UsedUnixMs) : b.Unit.CompareTo(a.Unit));
        return found;
    }

    private static void AddUnits(StoredContent content, List<(StoredContent Content, int Unit, long UsedUnixMs)> to, bool sparesNewest)
    {
        if (content.Live is not { } live)
        {
            return;
        }

        for (var unit = 0; unit < live.Blocks.UnitCount; unit++)
        {
            // What its holder has at hand would be back at once.
            if (live.Blocks.Unit(unit) is { } state && (state.Present | state.Suspect) != 0 && !(sparesNewest && unit == content.Use.Newest))
            {
                to.Add((content, unit, content.Use.LastUsed(unit)));
            }
        }
    }

    private bool EvictUnit(StoredContent content, int unit)
    {
        if (content.Live is not { } live || !MakesHoles(live.File) || store.IsNeeded?.Invoke(content, content.Layout.BlocksOf(unit)) == true)
        {
            return false;
        }

        content.DropUnit(live, unit);
        _holes.Add((content, live, unit));
        return true;
    }

    /// <summary>A content that nobody holds: all of it if all of it is too much, else its parts, those used longest ago first and of these the last.</summary>
    private bool EvictUnheld(Catalogue catalogue, StoredContent content)
    {
        lock (catalogue.Gate)
        {
            if (content.IsRemoved || content.Pins > 0 || content.IsLive)
            {
                return false;
            }

            if (_makesHoles == false || !Ledger.IsRoomyWithout(content.StoredBytes - 1))
            {
                return catalogue.TryRemove(content);
            }

            try
            {
                catalogue.Pins.Add(content, out _);
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                Monitor.Fail(e);
                return false;
            }
        }

        var any = false;
        var units = new List<(StoredContent Content, int Unit, long UsedUnixMs)>();
        AddUnits(content, units, sparesNewest: false);
        foreach (var (_, unit, _) in units.OrderBy(static u => u.UsedUnixMs).ThenByDescending(static u => u.Unit))
        {
            if (Ledger.IsRoomy)
            {
                break;
            }

            any |= EvictUnit(content, unit);
        }

        content.Dispose();
        if (any || _makesHoles != false)
        {
            return any;
        }

        lock (catalogue.Gate)
        {
            return content.Pins == 0 && !content.IsRemoved && catalogue.TryRemove(content);
        }
    }

    /// <summary>Asked once, of the first file: behind its end a hole changes nothing.</summary>
    private bool MakesHoles(IBlockFile file)
    {
        if (_makesHoles is null)
        {
            try
            {
                _makesHoles = file.TryPunch(file.Length, UnitRow.Blocks * Core.PieceLayout.BlockSize);
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                return false;
            }
        }

        return _makesHoles == true;
    }

    private void MakeHoles()
    {
        foreach (var (content, live, unit) in _holes)
        {
            try
            {
                var offset = (long)unit * content.Layout.PieceLength;
                live.File.TryPunch(offset, Math.Min(content.Layout.PieceLength, content.Length - offset));
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                // The blocks are gone all the same; their room on the disk is back when the content is forgotten.
            }
        }
    }
}
