using Swarm.Core;

namespace Swarm.Store.Tests;

/// <summary>What a content is worth after a restart, by what became of its file.</summary>
public sealed class LoadedContentTests
{
    private static readonly PieceLayout Layout = UnitBits.Layout(3 * TestBlocks.Size);

    [Fact]
    public void Load_FileAsItWasClosed_TrustsItsRows()
    {
        using var folder = new TempFolder();
        var (path, stamp) = MakeFile(folder, Layout.Length);
        var loaded = Load(path, stamp);
        using var file = loaded.Live.File;
        Assert.Equal(FileDoubt.None, loaded.Doubt);
        Assert.False(loaded.HasSuspects);
        Assert.False(loaded.Live.IsBusy);
        Assert.Equal(2 * TestBlocks.Size, loaded.Bytes);
        Assert.True(loaded.Live.Blocks.Has(0));
        Assert.False(loaded.Live.Blocks.Has(1));
        Assert.True(loaded.Live.Blocks.Has(2));
    }

    [Fact]
    public void Load_RowOfAnEarlierEpoch_IsSuspect()
    {
        using var folder = new TempFolder();
        var (path, stamp) = MakeFile(folder, Layout.Length);
        var loaded = Load(path, stamp, epoch: 2);
        using var file = loaded.Live.File;
        Assert.Equal(FileDoubt.None, loaded.Doubt);
        Assert.True(loaded.HasSuspects);
        Assert.Equal([new BlockRun(0, 1), new BlockRun(2, 1)], loaded.Live.Blocks.Runs(u => u.Suspect));
        Assert.Equal(2 * TestBlocks.Size, loaded.Bytes);
    }

    [Fact]
    public void Load_FileWrittenSince_DoubtsEveryRowAndKeepsTheDoubt()
    {
        using var folder = new TempFolder();
        var (path, stamp) = MakeFile(folder, Layout.Length);
        AssertDoubt(FileDoubt.Rewritten, Load(path, stamp + 1));
    }

    [Fact]
    public void Load_FileOfAnotherLength_DoubtsEveryRowAndMendsTheLength()
    {
        using var folder = new TempFolder();
        var (path, stamp) = MakeFile(folder, Layout.Length - 1);
        AssertDoubt(FileDoubt.Resized, Load(path, stamp));
        Assert.Equal(Layout.Length, new FileInfo(path).Length);
    }

    [Fact]
    public void Load_FileGone_HasNoBlocks()
    {
        using var folder = new TempFolder();
        var loaded = Load(Path.Combine(folder.Path, "gone"), stamp: 1);
        using var file = loaded.Live.File;
        Assert.Equal(FileDoubt.Vanished, loaded.Doubt);
        Assert.False(loaded.HasSuspects);
        Assert.Equal(0, loaded.Bytes);
        Assert.True(loaded.Live.IsBusy);
    }

    [Fact]
    public void Load_NoRows_HasNothingToDoubt()
    {
        using var folder = new TempFolder();
        var loaded = LoadedContent.Load(DiskFileSystem.Instance, Path.Combine(folder.Path, "new"), Layout, stamp: 0, [], epoch: 1);
        using var file = loaded.Live.File;
        Assert.Equal(FileDoubt.None, loaded.Doubt);
        Assert.Equal(Layout.Length, file.Length);
    }

    private static void AssertDoubt(FileDoubt expected, LoadedContent loaded)
    {
        using var file = loaded.Live.File;
        Assert.Equal(expected, loaded.Doubt);
        Assert.True(loaded.HasSuspects);
        Assert.True(loaded.Live.IsBusy);
        Assert.Empty(loaded.Live.Blocks.Runs(u => u.Present));
        Assert.Equal([new BlockRun(0, 1), new BlockRun(2, 1)], loaded.Live.Blocks.Runs(u => u.Suspect));
    }

    private static (string Path, long Stamp) MakeFile(TempFolder folder, long length)
    {
        var path = Path.Combine(folder.Path, "file");
        using var file = DiskFileSystem.Instance.Open(path);
        file.SetLength(length);
        return (path, file.Stamp);
    }

    /// <summary>Bits beyond the content and units beyond it are damage that a checksum would not find.</summary>
    private static LoadedContent Load(string path, long stamp, long epoch = 1)
    {
        var leaves = new Hash256[UnitRow.Blocks];
        List<UnitRow> rows = [new(0, 1, 0b1101, 0b1101, leaves), new(1, 1, 1, 1, leaves)];
        return LoadedContent.Load(DiskFileSystem.Instance, path, Layout, stamp, rows, epoch);
    }
}
