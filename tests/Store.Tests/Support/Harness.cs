using System.Collections.Concurrent;

namespace Swarm.Store.Tests;

/// <summary>Short forms of what every test does with a store.</summary>
internal static class Harness
{
    /// <summary>Far above what anything here takes, for machines that are busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static PieceStore Open(StoreOptions options)
    {
        Assert.True(PieceStore.TryOpen(options, out var store, out var error), error?.Message);
        return store;
    }

    public static PieceStore Open(TempFolder folder, ConcurrentQueue<StoreHealth>? told = null, string? bootId = "boot-1") =>
        Open(Options(folder, told, bootId));

    public static StoreOptions Options(TempFolder folder, ConcurrentQueue<StoreHealth>? told = null, string? bootId = "boot-1") => new()
    {
        DataDirectory = folder.Path,
        BootId = bootId,
        VerifyInBackground = false,
        CloseTimeout = Patience,
        Notify = told is null ? null : told.Enqueue,
    };

    public static StoredContent OpenContent(this PieceStore store, string key, int blocks, int lastBlockBytes = TestBlocks.Size)
    {
        var content = store.Open(key, ((long)(blocks - 1) * TestBlocks.Size) + lastBlockBytes);
        Assert.NotNull(content);
        return content;
    }

    /// <summary>Hands the block over; the task tells whether it was written, and is false at once if it was refused.</summary>
    public static Task<bool> Put(this StoredContent content, int block)
    {
        var length = (int)Math.Min(TestBlocks.Size, content.Length - ((long)block * TestBlocks.Size));
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return content.TryEnqueue(block, TestBlocks.Bytes(content.Key, block, length), TestBlocks.Leaf(content.Key, block, length), done.SetResult)
            ? done.Task.WaitAsync(Patience)
            : Task.FromResult(false);
    }

    public static async Task PutAll(this StoredContent content, params IEnumerable<int> blocks)
    {
        foreach (var block in blocks)
        {
            Assert.True(await content.Put(block), $"block {block} was not written");
        }
    }

    public static Task<bool> Flush(this PieceStore store) => store.FlushAsync().WaitAsync(Patience);

    /// <summary>True if the block can be read and is right, false if it is not present. A wrong byte fails the test.</summary>
    public static bool ReadsRight(this StoredContent content, int block)
    {
        var length = (int)Math.Min(TestBlocks.Size, content.Length - ((long)block * TestBlocks.Size));
        var bytes = new byte[TestBlocks.Size];
        var got = content.Read(block, 0, bytes);
        if (got < 0)
        {
            return false;
        }

        Assert.Equal(length, got);
        Assert.True(bytes.AsSpan(0, got).SequenceEqual(TestBlocks.Bytes(content.Key, block, length)), $"block {block} of {content.Key} was served wrong");
        return true;
    }

    /// <summary>The blocks that read right, each checked.</summary>
    public static HashSet<int> AllReadable(this StoredContent content) =>
        [.. Enumerable.Range(0, content.BlockCount).Where(content.ReadsRight)];

    /// <summary>Waits for something another thread brings about.</summary>
    public static void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, Patience), $"never happened: {what}");
}
