using System.Collections.Concurrent;

namespace Swarm.Store.Tests;

public sealed class DiskTroubleTests
{
    private static readonly Func<Exception> NoSpace = () => new IOException("No space left on device", 28);
    private static readonly Func<Exception> ReadOnly = () => new IOException("Read-only file system", 30);

    private static StoreOptions Options(TempFolder folder, SimulatedDisk disk, ConcurrentQueue<StoreHealth>? told = null, TimeProvider? time = null) => new()
    {
        DataDirectory = folder.Path,
        BootId = "boot-1",
        FileSystem = disk,
        WrapIndex = i => new SimulatedIndex(i, disk),
        VerifyInBackground = false,
        CloseTimeout = Harness.Patience,
        TimeProvider = time ?? TimeProvider.System,
        Notify = told is null ? null : told.Enqueue,
    };

    [Theory]
    [InlineData(28, StoreCondition.DiskFull)]
    [InlineData(122, StoreCondition.DiskFull)]
    [InlineData(30, StoreCondition.ReadOnly)]
    [InlineData(13, StoreCondition.ReadOnly)]
    [InlineData(5, StoreCondition.Failing)]
    public async Task WritesFail_PassThroughWithOneWarning_AndGoOnWhenTheDiskDoes(int errno, StoreCondition expected)
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        var time = new Testing.FakeTime();
        var disk = new SimulatedDisk { Failure = () => errno == 13 ? new UnauthorizedAccessException("Permission denied") : new IOException("failed", errno) };
        using var store = Harness.Open(Options(folder, disk, told, time));
        using var content = store.OpenContent("a", 20);
        await content.PutAll(0);
        disk.FailsAlways = call => call == "write";
        Assert.False(await content.Put(1));
        Harness.Until(() => store.Health.Condition == expected, "the condition is seen");
        for (var block = 2; block < 10; block++)
        {
            Assert.False(await content.Put(block));
        }

        Assert.True(content.ReadsRight(0));
        Assert.Equal(TestBlocks.Size, store.UsedBytes);
        var warning = Assert.Single(told);
        Assert.Contains(folder.Path, warning.Sentence, StringComparison.Ordinal);

        // A trial after a while fails again: no second warning.
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(await content.Put(1));
        Assert.Single(told);

        disk.FailsAlways = _ => false;
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.True(await content.Put(1));
        Assert.True(await store.Flush());
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        Assert.Equal([expected, StoreCondition.Ok], told.Select(h => h.Condition));
        await content.PutAll(2, 3);
        Assert.Equal([0, 1, 2, 3], content.AllReadable().Order());
    }

    [Fact]
    public async Task SyncFails_BlocksSinceTheLastGoodOneAreDropped()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk();
        var lost = new ConcurrentQueue<int>();
        using (var store = Harness.Open(Options(folder, disk)))
        {
            store.Lost += (_, block) => lost.Enqueue(block);
            using var content = store.OpenContent("a", 20);
            await content.PutAll(0, 1);
            Assert.True(await store.Flush());
            disk.FailsAlways = call => call == "sync";
            await content.PutAll(2, 3);
            Assert.False(await store.Flush());
            Assert.Equal([2, 3], lost);
            Assert.Equal([0, 1], content.AllReadable().Order());
            Assert.Equal(StoreCondition.Failing, store.Health.Condition);
            Assert.Equal(2L * TestBlocks.Size, store.UsedBytes);
            disk.FailsAlways = _ => false;
        }

        using var again = Harness.Open(Options(folder, disk));
        using var found = again.Find("a")!;
        Assert.Equal([0, 1], found.AllReadable().Order());
    }

    [Fact]
    public async Task CommitFails_BlocksStayReadable_AndTheRowsFollowLater()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk { Failure = NoSpace };
        using (var store = Harness.Open(Options(folder, disk)))
        {
            using var content = store.OpenContent("a", 20);
            await content.PutAll(0, 1);
            disk.FailsAlways = call => call == "index";
            Assert.False(await store.Flush());
            Assert.Equal(StoreCondition.DiskFull, store.Health.Condition);
            Assert.Equal([0, 1], content.AllReadable().Order());
            Assert.Null(store.Open("b", 100));
            disk.FailsAlways = _ => false;
            Assert.True(await store.Flush());
            Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        }

        using var again = Harness.Open(Options(folder, disk));
        Assert.False(again.WasUnclean);
        using var found = again.Find("a")!;
        Assert.Equal([0, 1], found.AllReadable().Order());
    }

    [Fact]
    public void OpeningFails_NoContent_NoCrash()
    {
        using var folder = new TempFolder();
        var disk = new SimulatedDisk { Failure = ReadOnly, FailsAlways = call => call is "open" };
        using var store = Harness.Open(Options(folder, disk));
        Assert.Null(store.Open("a", 100));
        Assert.Equal(StoreCondition.ReadOnly, store.Health.Condition);
    }

    [Fact]
    public async Task UnreadableSector_LosesItsBlockAlone()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        var disk = new SimulatedDisk();
        using var store = Harness.Open(Options(folder, disk, told));
        using var content = store.OpenContent("a", 4);
        await content.PutAll(0, 1, 2, 3);
        Assert.True(await store.Flush());
        disk.FailAt = disk.Calls + 1;
        // The long read fails, then the read of its first block alone succeeds.
        Assert.Equal(TestBlocks.Size, content.ReadRun(0, new byte[4 * TestBlocks.Size]));
        disk.FailAt = disk.Calls + 1;
        Assert.Equal(-1, content.Read(1, 0, new byte[TestBlocks.Size]));
        Assert.Equal([0, 2, 3], content.AllReadable().Order());
        Assert.Equal(StoreCondition.Ok, store.Health.Condition);
        Assert.Equal(StoreCondition.FileDamaged, Assert.Single(told).Condition);
    }

    [Fact]
    public async Task FileShortenedWhileOpen_IsNoticedByReaderAndWriter()
    {
        using var folder = new TempFolder();
        using var store = Harness.Open(folder);
        var lost = new ConcurrentQueue<int>();
        store.Lost += (_, block) => lost.Enqueue(block);
        using var content = store.OpenContent("a", 10);
        await content.PutAll(0, 1, 2, 3);
        Assert.True(await store.Flush());
        Shorten((2 * TestBlocks.Size) + 10);
        Assert.Equal(2 * TestBlocks.Size, content.ReadRun(0, new byte[4 * TestBlocks.Size]));
        Assert.Equal([2, 3], lost);

        // The writer must not turn the missing blocks 0 and 1 into zeros by writing behind them.
        Shorten(0);
        await content.PutAll(5);
        Assert.Equal([5], content.AllReadable());
        Assert.Equal([0, 1, 2, 3], lost.Order());
        return;

        void Shorten(long length)
        {
            using var file = File.OpenHandle(folder.DataFile, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.SetLength(file, length);
        }
    }

    [Fact]
    public async Task FolderVanishesWhileOpen_OldContentsGoOn_NewOnesPassThrough()
    {
        using var folder = new TempFolder();
        using (var store = Harness.Open(folder))
        {
            using var content = store.OpenContent("a", 4);
            await content.PutAll(0);
            Assert.True(await store.Flush());
            Directory.Delete(folder.Path, recursive: true);
            Assert.True(content.ReadsRight(0));
            using var other = store.Open("b", 100);
            Assert.Null(other);
            Assert.NotEqual(StoreCondition.Ok, store.Health.Condition);
        }

        Directory.CreateDirectory(folder.Path);
    }

    [Fact]
    public void FolderThatCannotBeMade_IsAStoreThatPassesThrough()
    {
        using var folder = new TempFolder();
        var told = new ConcurrentQueue<StoreHealth>();
        var files = new RefusingFolders();
        using var store = Harness.Open(new StoreOptions { DataDirectory = Path.Combine(folder.Path, "x"), FileSystem = files, Notify = told.Enqueue });
        Assert.Equal(StoreCondition.ReadOnly, store.Health.Condition);
        Assert.Single(told);
        Assert.Null(store.Open("a", 100));
        Assert.Null(store.Find("a"));
        Assert.Empty(store.Contents());
        Assert.False(store.Delete("a"));
    }

    [Fact]
    public void PathThatIsAFile_IsAnErrorInPlainWords()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "file");
        File.WriteAllText(path, "");
        Assert.False(PieceStore.TryOpen(new StoreOptions { DataDirectory = path }, out _, out var error));
        Assert.Equal(StoreErrorKind.Unusable, error.Kind);
    }

    private sealed class RefusingFolders : IFileSystem
    {
        public IBlockFile Open(string path) => throw ReadOnly();

        public bool Exists(string path) => false;

        public void Delete(string path) => throw ReadOnly();

        public IReadOnlyList<string> List(string folder) => [];

        public void CreateFolder(string folder) => throw new UnauthorizedAccessException("Permission denied");
    }
}
