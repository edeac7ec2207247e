using Swarm.Core;
using Swarm.Testing;

namespace Swarm.Store.Tests;

public sealed class PieceStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_ThenRead_GivesTheSameBytes()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var content = store.OpenContent("a", blocks: 3, lastBlockBytes: 100);
        await content.PutAll(0, 2);

        Assert.True(content.ReadsRight(0));
        Assert.True(content.ReadsRight(2));
        Assert.False(content.ReadsRight(1));
        Assert.Equal([new BlockRun(0, 1), new BlockRun(2, 1)], content.PresentRuns());
        Assert.True(content.TryGetLeaf(2, out var leaf));
        Assert.Equal(TestBlocks.Leaf("a", 2, 100), leaf);
        Assert.False(content.TryGetLeaf(1, out _));
        Assert.Equal(TestBlocks.Size + 100, content.StoredBytes);
        Assert.Equal(content.StoredBytes, store.UsedBytes);
    }

    [Fact]
    public async Task ReadRun_AcrossBlocks_EndsAtTheFirstAbsentOne()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var content = store.OpenContent("a", blocks: 70);
        await content.PutAll(Enumerable.Range(60, 8));

        var to = new byte[20 * TestBlocks.Size];
        var start = (61L * TestBlocks.Size) + 5;
        Assert.Equal((7 * TestBlocks.Size) - 5, content.ReadRun(start, to));
        var expected = Enumerable.Range(61, 7).SelectMany(b => TestBlocks.Bytes("a", b)).Skip(5);
        Assert.Equal(expected, to.Take((7 * TestBlocks.Size) - 5));
        Assert.Equal(10, content.ReadRun(start, to.AsSpan(0, 10)));
        Assert.Equal(-1, content.ReadRun(68L * TestBlocks.Size, to));
        Assert.Equal(-1, content.ReadRun(content.Length, to));
        Assert.Equal(-1, content.ReadRun(-1, to));
    }

    [Fact]
    public async Task TryEnqueue_PresentBlock_IsRefused()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var content = store.OpenContent("a", blocks: 2);
        await content.PutAll(0);
        Assert.False(await content.Put(0));
        Assert.Equal(TestBlocks.Size, store.UsedBytes);
    }

    [Theory]
    [InlineData(-1, TestBlocks.Size)]
    [InlineData(2, TestBlocks.Size)]
    [InlineData(0, TestBlocks.Size - 1)]
    [InlineData(1, TestBlocks.Size)]
    public void TryEnqueue_NotABlockOfTheContent_Throws(int block, int length)
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var content = store.OpenContent("a", blocks: 2, lastBlockBytes: 10);
        Assert.ThrowsAny<ArgumentException>(() => content.TryEnqueue(block, new byte[length], default, _ => { }));
    }

    [Fact]
    public void TryEnqueue_SlowDisk_RefusesBeyondTheQueueAndNeverWaits()
    {
        using var folder = new TempFolder();
        using var disk = new Testing.MeteredDisk();
        using var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", FileSystem = disk, QueueBytes = 4 * TestBlocks.Size, CloseTimeout = Harness.Patience,
        });
        using var content = store.OpenContent("a", blocks: 20);
        var accepted = Enumerable.Range(0, 20).Count(b => content.TryEnqueue(b, TestBlocks.Bytes("a", b), TestBlocks.Leaf("a", b), _ => { }));
        Assert.Equal(4, accepted);
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        disk.LetAll();
        Harness.Until(() => content.Has(3), "the queue drains");
        Assert.Equal(4L * TestBlocks.Size, store.UsedBytes);
    }

    [Fact]
    public void Offer_QueueFull_SaysLater_AndTellsOfRoomOnce()
    {
        using var folder = new TempFolder();
        using var disk = new Testing.MeteredDisk();
        using var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", FileSystem = disk, QueueBytes = 4 * TestBlocks.Size, CloseTimeout = Harness.Patience,
        });
        var told = 0;
        store.Room += () => Interlocked.Increment(ref told);
        using var pool = new SlabPool(SlabPool.SlabBytes);
        using var content = store.OpenContent("a", blocks: 20);
        var answers = Enumerable.Range(0, 6).Select(block => Offer(pool, content, block)).ToList();
        Assert.Equal([.. Enumerable.Repeat(StoreAnswer.Taken, 4), StoreAnswer.Later, StoreAnswer.Later], answers);
        Assert.Equal(StoreAnswer.No, Offer(pool, content, 0));
        disk.LetAll();
        Harness.Until(() => Volatile.Read(ref told) == 1, "room is told");
        Assert.Equal(StoreAnswer.Taken, Offer(pool, content, 4));
        Harness.Until(() => content.Has(4) && pool.RentedBytes == 0, "the queue drains");
        Assert.Equal(1, told);
    }

    [Fact]
    public void Dispose_DiskThatHangs_GivesUpInTime_AndEndsWhenItWakes()
    {
        using var folder = new TempFolder();
        using var disk = new Testing.MeteredDisk();
        var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", FileSystem = disk, CloseTimeout = TimeSpan.FromMilliseconds(50),
        });
        var content = store.OpenContent("a", 4);
        Assert.True(content.TryEnqueue(0, TestBlocks.Bytes("a", 0), TestBlocks.Leaf("a", 0), _ => { }));
        store.Dispose();
        Assert.False(content.Has(0));
        // The folder is not let go while a write may still come …
        Assert.False(PieceStore.TryOpen(Harness.Options(folder), out _, out var error));
        Assert.Equal(StoreErrorKind.InUse, error.Kind);
        disk.LetAll();
        // … and is once the disk wakes up.
        PieceStore? again = null;
        Harness.Until(() => PieceStore.TryOpen(Harness.Options(folder), out again, out _), "the folder is free again");
        using (again)
        {
            using var found = again!.Find("a")!;
            Assert.True(found.ReadsRight(0));
        }
    }

    [Fact]
    public async Task AfterDispose_EverythingIsRefusedQuietly()
    {
        using var folder = new TempFolder();
        var store = Harness.Open(folder);
        var content = store.OpenContent("a", 4);
        await content.PutAll(0);
        store.Dispose();
        Assert.False(await content.Put(1));
        Assert.False(content.Has(0));
        Assert.Equal(-1, content.Read(0, 0, new byte[8]));
        Assert.Null(store.Open("b", 100));
        Assert.Null(store.Find("a"));
        Assert.False(await store.Flush());
        Assert.False(store.Delete("a"));
        content.SetMetadata("late");
        content.Dispose();
        store.Dispose();
        using var again = Harness.Open(folder);
        Assert.False(again.WasUnclean);
    }

    [Fact]
    public async Task ListenersThatThrow_StopNobody()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        using var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", FileSystem = disk, RetryAfter = TimeSpan.Zero, CloseTimeout = Harness.Patience,
            Notify = _ => throw new InvalidOperationException("a listener's bug"),
        });
        store.Lost += (_, _) => throw new InvalidOperationException("a listener's bug");
        using var content = store.OpenContent("a", 4);
        Assert.True(content.TryEnqueue(0, TestBlocks.Bytes("a", 0), TestBlocks.Leaf("a", 0), _ => throw new InvalidOperationException("an owner's bug")));
        Harness.Until(() => content.Has(0), "the block is written");
        disk.FailsAlways = call => call == "sync";
        Assert.False(await store.Flush());
        Assert.False(content.Has(0));
        disk.FailsAlways = _ => false;
        await content.PutAll(1);
        Assert.True(content.ReadsRight(1));
    }

    [Fact]
    public async Task TryEnqueue_AfterTheFirstBlockOfAUnit_AllocatesNothing()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var pool = new SlabPool(SlabPool.SlabBytes);
        using var content = store.OpenContent("a", blocks: 64);
        var leaves = Enumerable.Range(0, 64).Select(b => TestBlocks.Leaf("a", b)).ToArray();
        long allocated = 0;
        for (var block = 0; block < 64; block++)
        {
            var buffer = pool.TryRent()!;
            TestBlocks.Bytes("a", block).CopyTo(buffer.Span);
            buffer.Length = TestBlocks.Size;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var taken = content.Offer(block, buffer, leaves[block]) == StoreAnswer.Taken;
            // The first blocks pay for the unit's table and the queue's array.
            allocated += block < 32 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken);
            buffer.Release();
            Harness.Until(() => content.Has(block), "the block is written");
        }

        Assert.Equal(0, allocated);
        Assert.True(await store.Flush());
        Harness.Until(() => pool.RentedBytes == 0, "the writer lets go of its buffers");
    }

    [Fact]
    public async Task Read_Present_AllocatesNothing()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        using var content = store.OpenContent("a", blocks: 16);
        await content.PutAll(Enumerable.Range(0, 16));
        var to = new byte[16 * TestBlocks.Size];
        Assert.Equal(0, Allocated.Bytes(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                content.ReadRun(i, to);
            }
        }));
    }

    [Fact]
    public async Task Contents_NameLengthUseAndMetadata_AreListed()
    {
        using var folder = new TempFolder();
        var time = new Testing.FakeTime();
        var options = new StoreOptions { DataDirectory = folder.Path, BootId = "boot-1", TimeProvider = time, CloseTimeout = Harness.Patience };
        using (var store = Harness.Open(options))
        {
            using var content = store.OpenContent("a", blocks: 2);
            content.SetMetadata("{\"etag\":\"x\"}");
            await content.PutAll(1);
            time.Advance(TimeSpan.FromMinutes(1));
            content.Touch();
        }

        using var again = Harness.Open(options);
        var summary = Assert.Single(again.Contents());
        Assert.Equal(("a", 2L * TestBlocks.Size, (long)TestBlocks.Size, false, "{\"etag\":\"x\"}"), (summary.Key, summary.Length, summary.StoredBytes, summary.IsOpen, summary.Metadata));
        Assert.Equal(time.GetUtcNow(), summary.LastUsed);
        using var found = again.Find("a");
        Assert.NotNull(found);
        Assert.Equal("{\"etag\":\"x\"}", found.GetMetadata());
        Assert.Null(again.Find("b"));
    }

    [Fact]
    public void Open_AbsurdLengths_GiveNoContentAndNoTrouble()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        Assert.Null(store.Open("zero", 0));
        Assert.Null(store.Open("negative", -1));
        Assert.Null(store.Open("huge", long.MaxValue));
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        using var content = store.OpenContent("a", 2);
        Assert.Null(store.Open("a", 5));
    }

    [Fact]
    public async Task Open_Twice_IsOneContentUntilTheLastDispose()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        var one = store.OpenContent("a", 2);
        var two = store.OpenContent("a", 2);
        Assert.Same(one, two);
        await one.PutAll(0);
        one.Dispose();
        Assert.True(two.ReadsRight(0));
        Assert.False(store.Delete("a"));
        two.Dispose();
        Assert.True(await store.Flush());
        Harness.Until(() => !two.IsLive, "the file is closed");
        Assert.Equal(-1, two.Read(0, 0, new byte[10]));
        using var three = store.OpenContent("a", 2);
        Assert.True(three.ReadsRight(0));
    }

    [Fact]
    public async Task Delete_Unheld_ForgetsRowsAndFile()
    {
        using var folder = new TempFolder();
        using (var store = Harness.Open(folder))
        {
            using (var content = store.OpenContent("a", 2))
            {
                await content.PutAll(0, 1);
            }

            Assert.True(store.Delete("a"));
            Assert.False(store.Delete("a"));
            Assert.Equal(0, store.UsedBytes);
            Assert.Empty(store.Contents());
            Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "data")));
        }

        using var again = Harness.Open(folder);
        Assert.Null(again.Find("a"));
    }

    [Fact]
    public async Task Dispose_ContentWithoutBlocks_IsForgotten()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        store.OpenContent("probe", 5000).Dispose();
        Assert.True(await store.Flush());
        Harness.Until(() => store.Contents().Count == 0, "the empty content is forgotten");
    }

    [Fact]
    public async Task Blocks_BeyondFourGiB_AreStoredAtTheirOffset()
    {
        using var folder = new TempFolder();
        const long Length = (6L << 30) + 77;
        using (var store = Harness.Open(folder))
        {
            using var content = store.Open("big", Length)!;
            await content.PutAll(content.BlockCount - 1, content.BlockCount - 2);
        }

        using var file = File.OpenHandle(folder.DataFile);
        Assert.Equal(Length, RandomAccess.GetLength(file));
        var tail = new byte[77];
        RandomAccess.Read(file, tail, 6L << 30);
        Assert.Equal(TestBlocks.Bytes("big", 393216, 77), tail);

        using var again = Harness.Open(folder);
        using var found = again.Find("big")!;
        Assert.Equal([new BlockRun(393215, 2)], found.PresentRuns());
        Assert.True(found.ReadsRight(393215));
        Assert.True(found.ReadsRight(393216));
        Assert.Equal(TestBlocks.Size + 77, again.UsedBytes);
    }

    [Fact]
    public async Task Rows_AreCommittedWithinASecond_WithoutAFlush()
    {
        using var folder = new TempFolder();
        var time = new Testing.FakeTime();
        var disk = new SimulatedDisk();
        using var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", TimeProvider = time, FileSystem = disk, WrapIndex = i => new SimulatedIndex(i, disk), CloseTimeout = Harness.Patience,
        });
        using var content = store.OpenContent("a", 4);
        await content.PutAll(0, 1);
        Assert.DoesNotContain("sync", disk.Trace);
        time.Advance(TimeSpan.FromSeconds(1));
        Harness.Until(() => disk.Trace.ToArray() is [.., "sync", "index"], "the bytes are synced, then the rows committed");
    }

    private static StoreAnswer Offer(SlabPool pool, StoredContent content, int block)
    {
        var buffer = pool.TryRent()!;
        TestBlocks.Bytes(content.Key, block).CopyTo(buffer.Span);
        buffer.Length = TestBlocks.Size;
        var answer = content.Offer(block, buffer, TestBlocks.Leaf(content.Key, block));
        buffer.Release();
        return answer;
    }
}
