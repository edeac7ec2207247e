using Swarm.Core;

namespace Swarm.Store.Tests;

public sealed class BlockTableTests
{
    private static UnitState Suspects(int unit, ulong bits) =>
        new(new UnitRow(unit, 1, bits, 0, new Hash256[UnitRow.Blocks]), kept: bits, trusted: 0);

    [Fact]
    public void NextSuspect_AcrossUnits_FindsEachOnceInOrder()
    {
        var table = new BlockTable(4);
        table.Put(0, Suspects(0, 0b101));
        table.Put(2, Suspects(2, (1UL << 63) | 1));
        var found = new List<int>();
        for (var at = table.NextSuspect(0); at >= 0; at = at == 255 ? -1 : table.NextSuspect(at + 1))
        {
            found.Add(at);
        }

        Assert.Equal([0, 2, 128, 191], found);
        Assert.Equal(-1, new BlockTable(4).NextSuspect(0));
    }

    [Fact]
    public void Untouched_UnitsAreNotMade()
    {
        var table = new BlockTable(3);
        Assert.False(table.Has(100));
        Assert.False(table.TryGetLeaf(100, out _));
        Assert.Empty(table.Runs(u => u.Present));
        Assert.Null(table.Unit(1));
        table.MarkDirty(1);
        Assert.False(table.IsDirty);
        table.UnitFor(100).Begin(UnitBits.BitOf(100));
        Assert.Null(table.Unit(0));
        Assert.NotNull(table.Unit(1));
        Assert.False(table.Has(100));
    }

    [Fact]
    public void Written_IsSeenWithItsLeaf()
    {
        var table = new BlockTable(3);
        var leaf = new Hash256(1, 2, 3, 4);
        table.UnitFor(100).EndWritten(100, leaf);
        Assert.True(table.Has(100));
        Assert.True(table.TryGetLeaf(100, out var got));
        Assert.Equal(leaf, got);
        Assert.Equal([new BlockRun(100, 1)], table.Runs(u => u.Present));
    }

    [Fact]
    public void Dirty_EachUnitIsTakenOnceHoweverOftenMarked()
    {
        var table = new BlockTable(3);
        table.UnitFor(0).EndWritten(0, default);
        table.UnitFor(100).EndWritten(100, default);
        table.MarkDirty(1);
        table.MarkDirty(0);
        table.MarkDirty(1);
        Assert.True(table.IsDirty);
        List<(long ContentId, UnitRow Row)> rows = [];
        table.TakeDirty(7, epoch: 3, rows);
        Assert.Equal([(7, 1, 3), (7, 0, 3)], rows.Select(r => (r.ContentId, r.Row.Unit, r.Row.Epoch)));
        Assert.False(table.IsDirty);
        table.MarkDirty(0);
        table.TakeDirty(7, epoch: 3, rows);
        Assert.Equal(3, rows.Count);
    }
}
