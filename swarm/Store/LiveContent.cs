namespace Swarm.Store;

/// <summary>What a content has only while it is open: its file and its block states.</summary>
internal sealed class LiveContent(IBlockFile file, int unitCount)
{
    private readonly UnitState?[] _units = new UnitState?[unitCount];

    public IBlockFile File => file;

    public int UnitCount => unitCount;

    /// <summary>Units whose row in the index is out of date. Under the content's lock.</summary>
    public List<int> DirtyUnits { get; } = [];

    /// <summary>Blocks with the writer. Under the content's lock.</summary>
    public int InFlight { get; set; }

    /// <summary>Blocks written since the last sync. The writer's alone.</summary>
    public List<int> Unsynced { get; } = [];

    public UnitState? Unit(int unit) => Volatile.Read(ref _units[unit]);

    /// <summary>Under the content's lock.</summary>
    public UnitState UnitOrNew(int unit)
    {
        var state = _units[unit];
        if (state is null)
        {
            state = new UnitState();
            Volatile.Write(ref _units[unit], state);
        }

        return state;
    }

    /// <summary>Under the content's lock, or before the content is live.</summary>
    public void Put(int unit, UnitState state) => Volatile.Write(ref _units[unit], state);

    /// <summary>Under the content's lock.</summary>
    public void MarkDirty(int unit)
    {
        var state = UnitOrNew(unit);
        if (!state.Dirty)
        {
            state.Dirty = true;
            DirtyUnits.Add(unit);
        }
    }
}
