using System.Collections.Concurrent;
using Swarm.Testing;

namespace Swarm.Store.Tests;

/// <summary>What the disk lost by itself is found while nobody wants the disk, dropped, and told.</summary>
public sealed class RotPassTests
{
    private const int Blocks = 200;

    private readonly FakeTime _time = new();
    private readonly ConcurrentQueue<StoreHealth> _told = new();

    [Fact]
    public async Task ChangedBlock_IsFound_Dropped_AndTold_TheOthersStay()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        using var store = Harness.Open(Options(folder, disk));
        using var content = await Filled(store);
        var lost = new ConcurrentQueue<int>();
        store.Lost += (_, block) => lost.Enqueue(block);
        disk.Corrupt((77L * TestBlocks.Size) + 5);

        Pass(store, Blocks);

        Assert.Equal([77], lost);
        Assert.False(content.Has(77));
        Assert.Equal(1, store.Rehash.DamagedBlocks);
        Assert.Equal(Blocks - 1, content.AllReadable().Count);
        var notice = Assert.Single(_told);
        Assert.Equal(StoreCondition.FileDamaged, notice.Condition);
        Assert.Contains($"first seen at byte {77 * TestBlocks.Size})", notice.Sentence, StringComparison.Ordinal);
        Assert.True(await content.Put(77));
        Assert.True(content.ReadsRight(77));
    }

    [Fact]
    public async Task Paused_NothingIsRead_UntilItGoesOn()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        using var store = Harness.Open(Options(folder, disk));
        using var content = await Filled(store);
        store.Rehash.IsPaused = true;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, store.Rehash.CheckedBytes);
        store.Rehash.IsPaused = false;
        Pass(store, Blocks);
    }

    [Fact]
    public async Task BusyDisk_IsLeftAlone_AndTheQuietOneReadNoFasterThanTold()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(Options(folder, new SimulatedDisk()));
        using var content = await Filled(store);
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(500));
        for (var second = 0; second < 30; second++)
        {
            Assert.True(content.ReadsRight(second));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, store.Rehash.CheckedBytes);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.InRange(store.Rehash.CheckedBytes, TestBlocks.Size, 6L * 16 * TestBlocks.Size);
    }

    [Fact]
    public async Task PassOverEverything_IsFollowedByADayOfRest()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(Options(folder, new SimulatedDisk()));
        using var content = await Filled(store);
        Pass(store, Blocks);
        var done = store.Rehash.CheckedBytes;
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(done, store.Rehash.CheckedBytes);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.True(store.Rehash.CheckedBytes > done);
    }

    [Fact]
    public async Task Condemned_IsReadOn_AndGoneAtTheNextStart_EvenAfterAKill()
    {
        using var folder = new TempFolder();
        var store = Harness.Open(Harness.Options(folder));
        var content = store.OpenContent("a", 4);
        await content.PutAll(0, 1);
        Assert.True(await store.Flush());
        content.Condemn();
        Assert.True(await store.Flush());
        Assert.True(content.ReadsRight(0));
        store.Abandon();

        using var again = Harness.Open(Harness.Options(folder));
        Assert.Null(again.Find("a"));
        Assert.Equal(0, again.UsedBytes);
        Harness.Until(() => Directory.GetFiles(Path.Combine(folder.Path, "data")).Length == 0, "its file is deleted");
    }

    private StoreOptions Options(TempFolder folder, SimulatedDisk disk) => new()
    {
        DataDirectory = folder.Path,
        BootId = "boot-1",
        FileSystem = disk,
        CloseTimeout = Harness.Patience,
        TimeProvider = _time,
        RehashBytesPerSecond = 16 * TestBlocks.Size,
        Notify = _told.Enqueue,
    };

    private static async Task<StoredContent> Filled(PieceStore store)
    {
        var content = store.OpenContent("a", Blocks);
        await content.PutAll(Enumerable.Range(0, Blocks));
        Assert.True(await store.Flush());
        return content;
    }

    /// <summary>Moves the clock by seconds until everything was looked at.</summary>
    private void Pass(PieceStore store, int blocks)
    {
        _time.Advance(TimeSpan.FromMinutes(10));
        for (var second = 0; second <= blocks / 16; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((long)blocks * TestBlocks.Size, store.Rehash.CheckedBytes);
    }
}
