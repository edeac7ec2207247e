namespace Swarm.Store.Tests;

/// <summary>Every file and index call fails once, one run a call: the store says so, serves nothing wrong, and the next start is whole.</summary>
public sealed class FailNthCallTests
{
    private const int Blocks = 8;

    [Theory]
    [InlineData(5)]
    [InlineData(28)]
    public async Task EachCallFailsOnce_NothingWrongIsServed_AndTheStoreGoesOn(int errno)
    {
        for (var failAt = 1; ; failAt++)
        {
            using var folder = new TempFolder();
            var disk = new SimulatedDisk { FailAt = failAt, Failure = () => new IOException("failed", errno) };
            using (var store = Harness.Open(Options(folder, disk)))
            {
                await Use(store, "a");
                await Use(store, "b");
                store.Delete("b");
            }

            var reached = disk.Calls >= failAt;
            disk.FailAt = 0;
            using (var store = Harness.Open(Options(folder, disk)))
            {
                Assert.Equal(StoreCondition.Ok, store.Health.Condition);
                using var content = store.OpenContent("a", Blocks);
                var kept = content.AllReadable();
                await content.PutAll(Enumerable.Range(0, Blocks).Except(kept));
                Assert.Equal(Blocks, content.AllReadable().Count);
                Assert.True(await store.Flush());
            }

            using (var store = Harness.Open(Options(folder, disk)))
            {
                Assert.False(store.WasUnclean);
                using var content = store.OpenContent("a", Blocks);
                Assert.Equal(Blocks, content.AllReadable().Count);
            }

            if (!reached)
            {
                Assert.InRange(failAt, 30, 500);
                return;
            }
        }
    }

    private static StoreOptions Options(TempFolder folder, SimulatedDisk disk) => new()
    {
        DataDirectory = folder.Path,
        BootId = "boot-1",
        FileSystem = disk,
        WrapIndex = i => new SimulatedIndex(i, disk),
        VerifyInBackground = false,
        CloseTimeout = Harness.Patience,
        SyncAfter = TimeSpan.FromHours(1),
        RetryAfter = TimeSpan.Zero,
    };

    private static async Task Use(PieceStore store, string key)
    {
        using var content = store.Open(key, (long)Blocks * TestBlocks.Size);
        if (content is null)
        {
            return;
        }

        for (var block = 0; block < Blocks; block++)
        {
            await content.Put(block);
            content.ReadsRight(block / 2);
            if (block % 4 == 3)
            {
                await store.Flush();
            }
        }

        content.AllReadable();
    }
}
