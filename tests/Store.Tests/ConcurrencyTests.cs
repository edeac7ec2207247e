namespace Swarm.Store.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task ReadersBesideWriters_SeeWholeBlocksOrNone()
    {
        using var folder = new TempFolder();
        const int Blocks = 1500;
        using var store = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", SyncAfter = TimeSpan.FromMilliseconds(5), SyncBytes = 1 << 20, CloseTimeout = Harness.Patience,
        });
        using var content = store.OpenContent("a", Blocks);
        var expected = Enumerable.Range(0, Blocks).Select(b => TestBlocks.Bytes("a", b)).ToArray();
        var leaves = Enumerable.Range(0, Blocks).Select(b => TestBlocks.Leaf("a", b)).ToArray();
        using var stop = new CancellationTokenSource();
        long read = 0;
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(seed);
                var to = new byte[5 * TestBlocks.Size];
                while (!stop.IsCancellationRequested)
                {
                    var block = random.Next(Blocks);
                    var got = content.ReadRun((long)block * TestBlocks.Size, to);
                    for (var at = 0; at < got; at += TestBlocks.Size)
                    {
                        Assert.True(to.AsSpan(at, TestBlocks.Size).SequenceEqual(expected[block++]));
                        Interlocked.Increment(ref read);
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        var writers = Enumerable.Range(0, 2).Select(seed => Task.Factory.StartNew(
            () =>
            {
                var order = Enumerable.Range(0, Blocks).ToArray();
                new Random(seed).Shuffle(order);
                foreach (var block in order)
                {
                    // Refused because the other writer has it, or because the queue is full: then again.
                    while (!content.Has(block) && !content.TryEnqueue(block, expected[block], leaves[block], _ => { }))
                    {
                        Thread.Yield();
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        await Task.WhenAll(writers).WaitAsync(Harness.Patience, TestContext.Current.CancellationToken);
        Assert.True(await store.Flush());
        Harness.Until(() => Interlocked.Read(ref read) > 1000 || readers.Any(r => r.IsCompleted), "the readers read something");
        await stop.CancelAsync();
        await Task.WhenAll(readers).WaitAsync(Harness.Patience, TestContext.Current.CancellationToken);
        Assert.Equal([new Core.BlockRun(0, Blocks)], content.PresentRuns());
        Assert.Equal((long)Blocks * TestBlocks.Size, store.UsedBytes);
    }

    [Fact]
    public async Task ReHashAndRewrite_OfTheSameSuspectBlocks_Agree()
    {
        for (var round = 0; round < 10; round++)
        {
            using var folder = new TempFolder();
            var disk = new SimulatedDisk();
            var options = new StoreOptions { DataDirectory = folder.Path, BootId = "boot-1", FileSystem = disk, VerifyInBackground = false, CloseTimeout = Harness.Patience };
            var store = Harness.Open(options);
            await store.OpenContent("a", 64).PutAll(Enumerable.Range(0, 64));
            Assert.True(await store.Flush());
            store.Abandon();
            disk.Corrupt(10L * TestBlocks.Size);

            using var again = Harness.Open(options);
            using var content = again.Find("a")!;
            var rewrite = Task.Run(
                async () =>
                {
                    for (var block = 0; block < 64; block++)
                    {
                        await content.Put(block);
                    }
                },
                TestContext.Current.CancellationToken);
            for (var block = 63; block >= 0; block--)
            {
                content.ReadsRight(block);
            }

            await rewrite;
            Assert.Equal(64, content.AllReadable().Count);
            Assert.Equal(64L * TestBlocks.Size, again.UsedBytes);
            Assert.Equal(64L * TestBlocks.Size, content.StoredBytes);
        }
    }
}
