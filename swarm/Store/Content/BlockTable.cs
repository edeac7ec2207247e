using Swarm.Core;

namespace Swarm.Store;

/// <summary>The states of all blocks of an open content: a <see cref="UnitState"/> for each MiB of which anything is known.</summary>
/// <remarks>Changed under the content's lock; what only reads takes none.</remarks>
internal sealed class BlockTable(int unitCount)
{
    private readonly UnitState?[] _units = new UnitState?[unitCount];
    private readonly List<int> _dirty = [];

    public int UnitCount => unitCount;

    /// <summary>True if rows of the index are out of date. Under the content's lock.</summary>
    public bool IsDirty => _dirty.Count > 0;

    public bool Has(int block) => Unit(UnitBits.UnitOf(block)) is { } unit && (unit.Present & UnitBits.BitOf(block)) != 0;

    /// <summary>The leaf hash of a present block.</summary>
    public bool TryGetLeaf(int block, out Hash256 leaf)
    {
        leaf = default;
        if (Unit(UnitBits.UnitOf(block)) is not { } unit || (unit.Present & UnitBits.BitOf(block)) == 0)
        {
            return false;
        }

        leaf = unit.Leaf(block);
        return true;
    }

    public UnitState? Unit(int unit) => Volatile.Read(ref _units[unit]);

    /// <summary>Under the content's lock.</summary>
    public UnitState UnitFor(int block)
    {
        ref var slot = ref _units[UnitBits.UnitOf(block)];
        if (slot is null)
        {
            Volatile.Write(ref slot, new UnitState());
        }

        return slot!;
    }

    /// <summary>Before the content is live.</summary>
    public void Put(int unit, UnitState state) => _units[unit] = state;

    /// <summary>The first suspect block at or after <paramref name="from"/>, or -1.</summary>
    public int NextSuspect(int from)
    {
        var first = UnitBits.UnitOf(from);
        for (var n = first; n < unitCount; n++)
        {
            var bits = (Unit(n)?.Suspect ?? 0) & (n == first ? UnitBits.From(from) : ulong.MaxValue);
            if (bits != 0)
            {
                return UnitBits.FirstOf(n, bits);
            }
        }

        return -1;
    }

    /// <summary>The blocks of the chosen bits, as runs in rising order.</summary>
    public List<BlockRun> Runs(Func<UnitState, ulong> bitsOf)
    {
        var runs = new List<BlockRun>();
        for (var n = 0; n < unitCount; n++)
        {
            if (Unit(n) is { } unit)
            {
                UnitBits.AddRuns(runs, n, bitsOf(unit));
            }
        }

        return runs;
    }

    /// <summary>The unit's row in the index is out of date. Under the content's lock.</summary>
    public void MarkDirty(int unit)
    {
        if (_units[unit] is { IsDirty: false } state)
        {
            state.IsDirty = true;
            _dirty.Add(unit);
        }
    }

    /// <summary>The rows that are out of date, up to date from now on. Under the content's lock.</summary>
    public void TakeDirty(long contentId, long epoch, List<(long ContentId, UnitRow Row)> to)
    {
        foreach (var number in _dirty)
        {
            var unit = _units[number]!;
            unit.IsDirty = false;
            to.Add((contentId, unit.ToRow(number, epoch)));
        }

        _dirty.Clear();
    }
}
