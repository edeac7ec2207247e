using Swarm.Testing;

namespace Swarm.Store.Tests;

/// <summary>Eviction by the MiB: what was used longest ago leaves a hole, and no reader ever sees the hole.</summary>
public sealed class EvictionTests
{
    private const int Unit = UnitRow.Blocks;

    /// <summary>A content that nobody holds and that was used a minute ago.</summary>
    private static async Task LeaveOld(PieceStore store, FakeTime time, int units)
    {
        using (var first = store.OpenContent("old", units * Unit))
        {
            await first.PutAll(Enumerable.Range(0, units * Unit));
        }

        Assert.True(await store.Flush());
        time.Advance(TimeSpan.FromMinutes(1));
    }

    private static StoreOptions Options(TempFolder folder, IFileSystem files, int quotaUnits, TimeProvider time) => new()
    {
        DataDirectory = folder.Path,
        BootId = "boot-1",
        FileSystem = files,
        WrapIndex = files is SimulatedDisk disk ? i => new SimulatedIndex(i, disk) : null,
        QuotaBytes = (long)quotaUnits * Unit * TestBlocks.Size,
        CloseTimeout = Harness.Patience,
        TimeProvider = time,
        VerifyInBackground = false,
    };

    [Fact]
    public async Task OpenContent_OverQuota_ItsOldestPartsGo_RowsBeforeHoles()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        var time = new FakeTime();
        using var store = Harness.Open(Options(folder, disk, 4, time));
        using var content = store.OpenContent("a", 6 * Unit);
        await Fill(store, content, time, 0, 1, 2);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(content.ReadsRight(0)); // the first was used last

        await Fill(store, content, time, 3, 4);

        var kept = content.AllReadable();
        Assert.True(store.UsedBytes <= store.QuotaBytes);
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        Assert.Equal(Blocks(0, 3, 4), kept);
        var trace = disk.Trace.ToArray();
        Assert.Contains("punch", trace);
        // The first is the question whether it can; before every real one the rows were committed after the last write.
        var committed = false;
        foreach (var call in trace[(Array.IndexOf(trace, "punch") + 1)..])
        {
            committed = call switch { "write" => false, "index" => true, _ => committed };
            Assert.True(committed || call != "punch", "a hole was made before its rows were gone");
        }
    }

    [Fact]
    public async Task WhatSomebodyIsAboutToNeed_Stays()
    {
        using var folder = new TempFolder();
        var time = new FakeTime();
        using var store = Harness.Open(Options(folder, new SimulatedDisk(), 4, time));
        store.IsNeeded = static (_, run) => run.First < 2 * Unit;
        using var content = store.OpenContent("a", 6 * Unit);

        await Fill(store, content, time, 0, 1, 2, 3, 4, 5);

        Assert.Superset(Blocks(0, 1, 5), content.AllReadable());
        Assert.True(store.UsedBytes <= store.QuotaBytes);
    }

    [Fact]
    public async Task ContentThatNobodyHolds_LosesItsTail_NotAllOfIt()
    {
        using var folder = new TempFolder();
        var time = new FakeTime();
        using var store = Harness.Open(Options(folder, new SimulatedDisk(), 8, time));
        await LeaveOld(store, time, units: 6);
        using var content = store.OpenContent("new", 3 * Unit);
        await Fill(store, content, time, 0, 1, 2);

        Assert.Equal(Blocks(0, 1, 2), content.AllReadable());
        using var old = store.Find("old");
        Assert.NotNull(old);
        var kept = old.AllReadable();
        Assert.Superset(Blocks(0, 1), kept);
        Assert.DoesNotContain((6 * Unit) - 1, kept);
    }

    [Fact]
    public async Task FileSystemWithoutHoles_WholeContentsGo_OpenOnesStay()
    {
        using var folder = new TempFolder();
        var time = new FakeTime();
        var disk = new SimulatedDisk { MakesHoles = false };
        using var store = Harness.Open(Options(folder, disk, 4, time));
        await LeaveOld(store, time, units: 2);
        using var content = store.OpenContent("new", 3 * Unit);
        await Fill(store, content, time, 0, 1, 2);

        Assert.Equal(Blocks(0, 1, 2), content.AllReadable());
        Assert.Null(store.Find("old"));
    }

    [Fact]
    public async Task BlockEvictedAndWrittenAnewWhileItIsRead_IsReadAgain()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        var time = new FakeTime();
        using var store = Harness.Open(Options(folder, disk, 3, time));
        using var content = store.OpenContent("a", 5 * Unit);
        await Fill(store, content, time, 0, 1);
        time.Advance(TimeSpan.FromSeconds(10));
        var wasHole = false;
        disk.AroundNextRead = (
            () =>
            {
                Push(content, Enumerable.Range(2 * Unit, Unit));
                Harness.Until(() => disk.Trace.ToArray().Count(static c => c == "punch") == 2, "the question, then the hole");
                wasHole = !content.Has(0);
            },
            () => Push(content, [0]));

        Assert.True(content.ReadsRight(0));
        Assert.True(wasHole, "the block was not evicted: this test sees nothing");
    }

    [Fact]
    public async Task ReadBesideEviction_OfBlocksThatComeAgain_NeverSeesAHole()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(Options(folder, new SimulatedDisk(), 3, TimeProvider.System));
        using var content = store.OpenContent("a", 5 * Unit);
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            var reads = 0;
            var random = new Random(1);
            while (!stop.IsCancellationRequested)
            {
                reads += content.ReadsRight(random.Next(5 * Unit)) ? 1 : 0;
            }

            return reads;
        });
        for (var round = 0; round < 4; round++)
        {
            for (var unit = 0; unit < 5; unit++)
            {
                foreach (var block in Enumerable.Range(unit * Unit, Unit))
                {
                    await content.Put(block);
                }
            }
        }

        await stop.CancelAsync();
        Assert.True(await reading > 0, "nothing was read: this test sees nothing");
    }

    [Fact]
    public void RealFile_HoleReadsAsZeros_AndTheLengthStays()
    {
        using var folder = new TempFolder();
        using var file = DiskFileSystem.Instance.Open(Path.Combine(folder.Path, "file"));
        file.SetLength(3 << 20);
        var bytes = TestBlocks.Bytes("a", 0, 1 << 20);
        file.Write(bytes, 0);
        file.Write(bytes, 1 << 20);
        var made = file.TryPunch(1 << 20, 1 << 20);
        var read = new byte[1 << 20];
        Assert.Equal(read.Length, file.Read(read, 1 << 20));
        Assert.Equal(made ? new byte[1 << 20] : bytes, read);
        Assert.Equal(read.Length, file.Read(read, 0));
        Assert.Equal(bytes, read);
        Assert.Equal(3 << 20, file.Length);
        Assert.True(made || !OperatingSystem.IsLinux(), "the file system of the temporary folder makes no holes");
    }

    private static async Task Fill(PieceStore store, StoredContent content, FakeTime time, params int[] units)
    {
        foreach (var unit in units)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            foreach (var block in Enumerable.Range(unit * Unit, Unit))
            {
                if (!await content.Put(block))
                {
                    // No room for a moment: the writer was asked, and makes some.
                    Assert.True(await store.Flush());
                    Assert.True(await content.Put(block), $"block {block} was refused though something could be evicted");
                }
            }
        }

        Assert.True(await store.Flush());
    }

    private static void Push(StoredContent content, IEnumerable<int> blocks)
    {
        foreach (var block in blocks)
        {
            Harness.Until(
                () => content.Has(block) || content.TryEnqueue(block, TestBlocks.Bytes("a", block), TestBlocks.Leaf("a", block), static _ => { }), "the block is taken");
            Harness.Until(() => content.Has(block), "the block is written");
        }
    }

    private static HashSet<int> Blocks(params int[] units) => [.. units.SelectMany(static u => Enumerable.Range(u * Unit, Unit))];
}
