namespace Swarm.Store.Tests;

/// <summary>
/// The power goes at every call the store makes, one after the other; what was not synced is lost or torn. The index
/// keeps every commit that was made: the worst case, since a row then vouches for bytes that may be gone.
/// </summary>
public sealed class PowerLossTests
{
    private const int Blocks = 24;

    /// <summary>What one run left behind.</summary>
    /// <param name="Acknowledged">Blocks that a flush called durable before the power went.</param>
    /// <param name="Readable">Blocks that read right after the restart.</param>
    /// <param name="Lost">Blocks the index vouched for and the disk had not.</param>
    private sealed record Outcome(HashSet<int> Acknowledged, HashSet<int> Readable, int Lost, bool Cut);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task PowerLossAtEveryCall_NothingVouchedForIsMissing_NothingReadIsWrong(int seed)
    {
        var cuts = 0;
        for (var cutAt = 1; ; cutAt++)
        {
            var outcome = await Run(cutAt, seed, syncLies: false);
            Assert.True(outcome.Acknowledged.IsSubsetOf(outcome.Readable), $"cut {cutAt} seed {seed}: a durable block is gone");
            Assert.True(outcome.Lost == 0, $"cut {cutAt} seed {seed}: {outcome.Lost} rows were committed before their bytes were safe");
            if (!outcome.Cut)
            {
                break;
            }

            cuts++;
        }

        Assert.InRange(cuts, 40, 400);
    }

    [Fact]
    public async Task PowerLossAtEveryCallOfAnEviction_NoHoleIsVouchedFor_NothingReadIsWrong()
    {
        var holes = 0;
        for (var cutAt = 240; ; cutAt += 5)
        {
            using var folder = new TempFolder();
            var disk = new SimulatedDisk { CutAt = cutAt };
            var store = Harness.Open(Options(folder, disk, quotaBlocks: 2 * UnitRow.Blocks));
            if (store.Open("a", 4L * UnitRow.Blocks * TestBlocks.Size) is { } content)
            {
                for (var block = 0; block < content.BlockCount; block++)
                {
                    await content.Put(block);
                    if (block % 50 == 0)
                    {
                        await store.Flush();
                    }
                }
            }

            await store.Flush();
            store.Abandon();
            holes = Math.Max(holes, disk.Trace.Count(static c => c == "punch") - 1);
            using var again = Harness.Open(Options(folder, disk.AfterPowerLoss(cutAt), "boot-2"));
            var lost = 0;
            again.Lost += (_, _) => lost++;
            using var found = again.Find("a");
            found?.AllReadable();
            Assert.True(lost == 0, $"cut {cutAt}: {lost} rows stood for bytes that were not there");
            if (disk.Calls < cutAt)
            {
                break;
            }
        }

        Assert.True(holes > 1, "nothing was evicted: this test sees nothing");
    }

    [Fact]
    public async Task Control_CommitBeforeSync_IsFoundByTheSameTest()
    {
        var lost = 0;
        var missing = 0;
        for (var cutAt = 30; cutAt < 60; cutAt += 3)
        {
            var outcome = await Run(cutAt, cutAt, syncLies: true);
            lost += outcome.Lost;
            missing += outcome.Acknowledged.Except(outcome.Readable).Count();
        }

        Assert.True(lost > 0, "the broken order lost nothing: this test sees nothing");
        Assert.True(missing > 0, "no acknowledged block went missing: this test sees nothing");
    }

    [Fact]
    public async Task Control_TrustWithoutReHash_ServesWrongBytes()
    {
        var wrong = 0;
        for (var seed = 0; seed < 12; seed++)
        {
            using var folder = new TempFolder();
            var disk = new SimulatedDisk { SyncLies = true };
            using (var store = Harness.Open(Options(folder, disk)))
            {
                using var content = store.OpenContent("a", Blocks);
                await content.PutAll(Enumerable.Range(0, Blocks));
            }

            // A clean mark of the same boot: the store has no reason for doubt, and the disk lied.
            using var again = Harness.Open(Options(folder, disk.AfterPowerLoss(seed)));
            Assert.False(again.WasUnclean);
            using var found = again.Find("a")!;
            wrong += found.PresentRuns().Count > 0 && Record.Exception(() => found.AllReadable()) is not null ? 1 : 0;
        }

        Assert.True(wrong > 0, "no wrong byte was seen: this test sees nothing");
    }

    private static StoreOptions Options(TempFolder folder, SimulatedDisk disk, string bootId = "boot-1", int quotaBlocks = 1 << 20) => new()
    {
        QuotaBytes = (long)quotaBlocks * TestBlocks.Size,
        DataDirectory = folder.Path,
        BootId = bootId,
        FileSystem = disk,
        WrapIndex = i => new SimulatedIndex(i, disk),
        VerifyInBackground = false,
        CloseTimeout = Harness.Patience,
        // Flushes come from the script alone, so that call N is the same call in every run.
        SyncAfter = TimeSpan.FromHours(1),
    };

    private static async Task<Outcome> Run(int cutAt, int seed, bool syncLies)
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk { CutAt = cutAt, SyncLies = syncLies };
        var acknowledged = new HashSet<int>();
        var store = Harness.Open(Options(folder, disk));
        if (store.Open("a", (long)Blocks * TestBlocks.Size) is { } content)
        {
            var random = new Random(seed);
            var order = Enumerable.Range(0, Blocks).ToArray();
            random.Shuffle(order);
            var written = new List<int>();
            foreach (var block in order)
            {
                if (await content.Put(block))
                {
                    written.Add(block);
                }

                if (random.Next(4) == 0 && await store.Flush())
                {
                    acknowledged.UnionWith(written);
                }
            }

            if (await store.Flush())
            {
                acknowledged.UnionWith(written);
            }
        }

        var cut = disk.Calls >= cutAt;
        store.Abandon();

        var survivor = disk.AfterPowerLoss(seed + cutAt);
        using var again = Harness.Open(Options(folder, survivor, "boot-2"));
        Assert.True(again.WasUnclean);
        var lost = 0;
        again.Lost += (_, _) => lost++;
        using var found = again.Find("a");
        return new Outcome(acknowledged, found?.AllReadable() ?? [], lost, cut);
    }
}
