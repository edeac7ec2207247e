using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Swarm.Core;

namespace Swarm.Store.Tests;

public sealed class RestartTests
{
    private static async Task Fill(TempFolder folder, string? bootId = "boot-1", bool crash = false, IFileSystem? files = null)
    {
        var store = Harness.Open(Options(folder, bootId, files));
        var content = store.OpenContent("a", 10, 500);
        await content.PutAll(Enumerable.Range(0, 10));
        Assert.True(await store.Flush());
        if (crash)
        {
            store.Abandon();
            return;
        }

        content.Dispose();
        store.Dispose();
    }

    private static StoreOptions Options(TempFolder folder, string? bootId, IFileSystem? files, ConcurrentQueue<StoreHealth>? told = null) => new()
    {
        DataDirectory = folder.Path,
        BootId = bootId,
        FileSystem = files ?? DiskFileSystem.Instance,
        VerifyInBackground = false,
        CloseTimeout = Harness.Patience,
        Notify = told is null ? null : told.Enqueue,
    };

    [Fact]
    public async Task CleanRestart_KeepsBlocksWithoutReadingThem()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        await Fill(folder, files: disk);
        using var store = Harness.Open(Options(folder, "boot-1", disk));
        Assert.False(store.WasUnclean);
        using var content = store.Find("a")!;
        Assert.Equal([new BlockRun(0, 10)], content.PresentRuns());
        Assert.Empty(content.SuspectRuns());
        Assert.DoesNotContain("read", disk.Trace);
        Assert.Equal(10, content.AllReadable().Count);
    }

    [Theory]
    [InlineData("boot-1", true)]
    [InlineData("boot-2", false)]
    [InlineData(null, false)]
    public async Task UncleanRestart_BlocksCountOnlyOnceReHashed(string? nextBoot, bool crash)
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        await Fill(folder, crash: crash);
        using var store = Harness.Open(folder, told, nextBoot);
        Assert.True(store.WasUnclean);
        Assert.Single(told, h => h.Condition == StoreCondition.UncleanStart);
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);

        using var content = store.Find("a")!;
        Assert.Empty(content.PresentRuns());
        Assert.Equal([new BlockRun(0, 10)], content.SuspectRuns());
        Assert.False(content.Has(3));
        Assert.False(content.TryGetLeaf(3, out _));
        Assert.True(content.ReadsRight(3));
        Assert.True(content.Has(3));
        Assert.True(content.Verify(9));
        Assert.Equal([new BlockRun(3, 1), new BlockRun(9, 1)], content.PresentRuns());
    }

    [Fact]
    public async Task UncleanRestart_ReHashedBlocksStayTrusted_TheOthersStaySuspect()
    {
        using var folder = new TempFolder();
        await Fill(folder, crash: true);
        using (var store = Harness.Open(folder))
        {
            using var content = store.Find("a")!;
            Assert.True(content.Verify(3));
        }

        using var again = Harness.Open(folder);
        Assert.False(again.WasUnclean);
        using var found = again.Find("a")!;
        Assert.Equal([new BlockRun(3, 1)], found.PresentRuns());
        Assert.Equal([new BlockRun(0, 3), new BlockRun(4, 6)], found.SuspectRuns());
    }

    [Fact]
    public async Task UncleanRestart_CorruptBlock_IsDroppedReportedAndNeverServed()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        await Fill(folder, crash: true, files: disk);
        disk.Corrupt((4L * TestBlocks.Size) + 1234);
        using (var store = Harness.Open(Options(folder, "boot-1", disk)))
        {
            var lost = new ConcurrentQueue<int>();
            store.Lost += (_, block) => lost.Enqueue(block);
            using var content = store.Find("a")!;
            var to = new byte[10 * TestBlocks.Size];
            Assert.Equal(4 * TestBlocks.Size, content.ReadRun(0, to));
            Assert.Equal(-1, content.Read(4, 0, to));
            Assert.Equal([4], lost);
            Assert.False(content.Has(4));
            Assert.Equal(9, content.AllReadable().Count);
            Assert.Equal((8 * TestBlocks.Size) + 500, store.UsedBytes);
            await content.PutAll(4);
            Assert.True(content.ReadsRight(4));
        }

        using var again = Harness.Open(Options(folder, "boot-1", disk));
        using var found = again.Find("a")!;
        Assert.Equal([new BlockRun(0, 10)], found.PresentRuns());
        Assert.Equal(10, found.AllReadable().Count);
    }

    [Fact]
    public async Task UncleanRestart_SuspectBlockFetchedAgain_ReplacesIt()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        await Fill(folder, crash: true, files: disk);
        disk.Corrupt(4L * TestBlocks.Size);
        using var store = Harness.Open(Options(folder, "boot-1", disk));
        using var content = store.Find("a")!;
        var used = store.UsedBytes;
        await content.PutAll(4);
        Assert.Equal(used, store.UsedBytes);
        Assert.True(content.ReadsRight(4));
    }

    [Fact]
    public async Task CleanRestart_FileWrittenBySomebodyElse_IsReHashed()
    {
        using var folder = new TempFolder();
        await Fill(folder);
        using (var file = File.OpenHandle(folder.DataFile, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, [1, 2, 3], 2L * TestBlocks.Size);
            // Even within one tick of a coarse clock.
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        using (var store = Harness.Open(folder))
        {
            Assert.False(store.WasUnclean);
            using var content = store.Find("a")!;
            Assert.Empty(content.PresentRuns());
            Assert.True(content.ReadsRight(0));
        }

        // What was not asked for is still in doubt.
        using var again = Harness.Open(folder);
        using var found = again.Find("a")!;
        Assert.Equal([new BlockRun(0, 1)], found.PresentRuns());
        Assert.Equal(Enumerable.Range(0, 10).Except([2]), found.AllReadable().Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData((5 * TestBlocks.Size) + 100)]
    public async Task Restart_ShortenedFile_KeepsWhatIsLeft(int length)
    {
        using var folder = new TempFolder();
        await Fill(folder);
        using (var file = File.OpenHandle(folder.DataFile, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, length);
        }

        var told = new ConcurrentQueue<StoreHealth>();
        using var store = Harness.Open(folder, told);
        using var content = store.Find("a")!;
        Assert.Equal(Enumerable.Range(0, length / TestBlocks.Size), content.AllReadable().Order());
        Assert.Single(told, h => h.Condition == StoreCondition.FileDamaged);
        await content.PutAll(9);
        Assert.True(content.ReadsRight(9));
    }

    [Fact]
    public async Task Restart_VanishedFile_IsAnEmptyContentAndOneNotice()
    {
        using var folder = new TempFolder();
        await Fill(folder);
        File.Delete(folder.DataFile);
        var told = new ConcurrentQueue<StoreHealth>();
        using (var store = Harness.Open(folder, told))
        {
            using var content = store.Find("a")!;
            Assert.Empty(content.AllReadable());
            Assert.Equal(0, store.UsedBytes);
            await content.PutAll(2);
        }

        Assert.Single(told);
        using var again = Harness.Open(folder);
        using var found = again.Find("a")!;
        Assert.Equal([2], found.AllReadable());
    }

    [Fact]
    public async Task BackgroundPass_ReHashesEverything_ALittleAtATime()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        var store = Harness.Open(Options(folder, "boot-1", disk));
        var content = store.OpenContent("a", 400);
        var other = store.OpenContent("b", 3);
        await content.PutAll(Enumerable.Range(0, 400));
        await other.PutAll(1);
        Assert.True(await store.Flush());
        store.Abandon();

        var time = new Testing.FakeTime();
        using var again = Harness.Open(new StoreOptions
        {
            DataDirectory = folder.Path, BootId = "boot-1", TimeProvider = time, FileSystem = disk, CloseTimeout = Harness.Patience,
        });
        var recovered = new List<(string, int)>();
        again.Recovered += (c, block) => recovered.Add((c.Key, block));
        using var found = again.Find("a")!;
        Assert.Empty(found.PresentRuns());
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.InRange(recovered.Count, 1, 200);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([new BlockRun(0, 400)], found.PresentRuns());
        Assert.Equal(401, recovered.Distinct().Count());
        Assert.Contains(("b", 1), recovered);
    }

    [Fact]
    public async Task Restart_OrphanedDataFile_IsDeleted()
    {
        using var folder = new TempFolder();
        await Fill(folder);
        var orphan = Path.Combine(folder.Path, "data", new string('0', 64));
        File.WriteAllText(orphan, "left behind");
        using var store = Harness.Open(folder);
        Harness.Until(() => !File.Exists(orphan), "the orphan is deleted");
        Assert.True(File.Exists(folder.DataFile));
    }

    [Fact]
    public async Task NewerSchema_IsRefusedInPlainWords_AndLeftAlone()
    {
        using var folder = new TempFolder();
        await Fill(folder);
        using (var connection = new SqliteConnection($"Data Source={folder.Index};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 7";
            command.ExecuteNonQuery();
        }

        Assert.False(PieceStore.TryOpen(Harness.Options(folder), out _, out var error));
        Assert.Equal(StoreErrorKind.NewerSchema, error.Kind);
        Assert.Contains("version 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.DataFile));
        // The refusal let the folder go.
        Assert.False(PieceStore.TryOpen(Harness.Options(folder), out _, out error));
        Assert.Equal(StoreErrorKind.NewerSchema, error.Kind);
    }
}
