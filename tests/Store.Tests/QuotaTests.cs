using System.Collections.Concurrent;

namespace Swarm.Store.Tests;

public sealed class QuotaTests
{
    private static StoreOptions Options(TempFolder folder, int quotaBlocks, ConcurrentQueue<StoreHealth> told, TimeProvider? time = null) => new()
    {
        DataDirectory = folder.Path,
        BootId = "boot-1",
        QuotaBytes = (long)quotaBlocks * TestBlocks.Size,
        CloseTimeout = Harness.Patience,
        TimeProvider = time ?? TimeProvider.System,
        Notify = told.Enqueue,
    };

    [Fact]
    public async Task QuotaReached_EverythingOpen_PassesThroughWithOneWarning()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        using var store = Harness.Open(Options(folder, 20, told));
        using var content = store.OpenContent("a", 100);
        await content.PutAll(Enumerable.Range(0, 20));
        for (var block = 20; block < 40; block++)
        {
            Assert.False(await content.Put(block));
        }

        Harness.Until(() => store.Health.Condition == StoreCondition.QuotaFull, "the quota is told");
        Assert.False(await content.Put(50));
        Assert.Single(told);
        Assert.Equal(20L * TestBlocks.Size, store.UsedBytes);
        Assert.Equal(20, content.AllReadable().Count);
    }

    [Fact]
    public async Task QuotaNear_LeastRecentlyUsedContentsGoFirst_OpenOnesStay()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        var time = new Testing.FakeTime();
        using var store = Harness.Open(Options(folder, 64, told, time));
        foreach (var key in (string[])["old", "middle", "new"])
        {
            using var content = store.OpenContent(key, 16);
            await content.PutAll(Enumerable.Range(0, 16));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        store.OpenContent("old", 16).Dispose();
        Assert.True(await store.Flush());
        using var held = store.OpenContent("held", 100);
        for (var block = 0; block < 40; block++)
        {
            await held.Put(block);
        }

        Harness.Until(() => store.Contents().Count < 4, "something is evicted");
        Assert.True(await store.Flush());
        Assert.DoesNotContain(store.Contents(), c => c.Key == "middle");
        Assert.Contains(store.Contents(), c => c.Key == "held");
        Assert.True(store.UsedBytes <= store.QuotaBytes);
        Assert.DoesNotContain(told, h => h.Condition == StoreCondition.QuotaFull);
        foreach (var summary in store.Contents())
        {
            using var content = store.Find(summary.Key)!;
            Assert.Equal(summary.StoredBytes, (long)content.AllReadable().Count * TestBlocks.Size);
        }
    }

    [Fact]
    public async Task QuotaFull_HolderLeaves_RoomIsMadeAndTold()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        using var store = Harness.Open(Options(folder, 16, told));
        var first = store.OpenContent("first", 16);
        await first.PutAll(Enumerable.Range(0, 16));
        using var second = store.OpenContent("second", 16);
        Assert.False(await second.Put(0));
        Harness.Until(() => store.Health.Condition == StoreCondition.QuotaFull, "the quota is told");
        first.Dispose();
        Assert.True(await store.Flush());
        Harness.Until(() => store.Health.Condition == StoreCondition.Ok, "the first content is evicted");
        Assert.True(await second.Put(0));
        Assert.Equal([StoreCondition.QuotaFull, StoreCondition.Ok], told.Select(h => h.Condition));
    }

    [Fact]
    public async Task Evicted_DataFileIsGone_AndARestartAgrees()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        using (var store = Harness.Open(Options(folder, 32, told)))
        {
            using (var content = store.OpenContent("a", 31))
            {
                await content.PutAll(Enumerable.Range(0, 31));
            }

            Assert.True(await store.Flush());
            Harness.Until(() => store.Contents().Count == 0, "the content is evicted");
            Harness.Until(() => Directory.GetFiles(Path.Combine(folder.Path, "data")).Length == 0, "its file is deleted");
        }

        using var again = Harness.Open(Options(folder, 32, told));
        Assert.Equal(0, again.UsedBytes);
        Assert.Null(again.Find("a"));
    }
}
