using Swarm.Core;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Store;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>A disk slower than the download: all of it is stored in the end, memory stays bounded, and nobody who plays waits for it.</summary>
public sealed class SlowDiskTests : IAsyncDisposable
{
    private const int Block = TestTorrent.Block;
    private const int QueueBlocks = 16;

    // More than the memory, which is 16 MiB, so that nothing can be kept in it all along.
    private static readonly byte[] Bytes = TestTorrent.Bytes(20 << 20);
    private static readonly int Blocks = Bytes.Length / Block;

    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-engine-").FullName;
    private readonly MeteredDisk _disk = new();
    private readonly TestNode _node = new();
    private readonly PieceStore _store;
    private readonly SwarmEngine _engine;

    public SlowDiskTests()
    {
        var options = new StoreOptions { DataDirectory = _folder, FileSystem = _disk, QueueBytes = QueueBlocks * Block };
        Assert.True(PieceStore.TryOpen(options, out var store, out var error), error?.Message);
        _store = store;
        var governor = new Governor(_node.Pool.LimitBytes, 8, new UploadBudget(null, 1));
        var network = new EngineNetwork(new TargetPolicy(AllowedTargets.None, new OwnListeners()), governor, new PeerSettings { Time = _node.Time }, []);
        _engine = new SwarmEngine(_node.Context, network, governor, store);
    }

    private long Held => _node.Context.Backlog.Bytes;

    public async ValueTask DisposeAsync()
    {
        _disk.LetAll();
        await _engine.DisposeAsync();
        await _node.DisposeAsync();
        _disk.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Download_FasterThanTheDisk_IsWhollyStored_InBoundedMemory()
    {
        var (handle, reader) = Open();
        var reading = ReadAllAsync(reader);
        var peak = 0L;
        var since = TimeProvider.System.GetTimestamp();
        while (!reading.IsCompleted || _disk.Written < Blocks)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMinutes(2), $"{_disk.Written} of {Blocks} blocks are stored, {Held} bytes wait at {reader.Position}");
            peak = Math.Max(peak, Held);
            var pending = (int)(_store.UsedBytes / Block) - _disk.Written;
            if (pending > 0)
            {
                // Writes are under way, or about to be: the clock stands until they are done, and then moves as if the disk did 16 MiB/s.
                var written = _disk.Written + pending;
                _disk.Let(pending);
                await Until.True(() => _disk.Written >= written, "the disk writes");
                _node.Time.Advance(TimeSpan.FromMilliseconds(pending));
            }
            else if (Held == 0 && reader.IsHeldBack)
            {
                // It waits for the clock alone; without need the clock stands, or a busy machine would look like a slow client.
                _node.Time.Advance(TimeSpan.FromMilliseconds(1));
            }

            await Task.Yield();
        }

        Assert.Equal(Bytes, await reading);
        Assert.InRange(peak, Block, _node.Pool.LimitBytes / 8);
        Assert.Equal(Blocks, Stored(handle));
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task DiskThatHangs_TheDownloadGoesOn_InBoundedMemory()
    {
        var (handle, reader) = Open();
        var reading = ReadAllAsync(reader);

        await _node.Drive(reading, stepMs: 1);

        Assert.Equal(Bytes, await reading);
        Assert.InRange(Held, Block, _node.Pool.LimitBytes / 8);
        Assert.True(Stored(handle) < Blocks);
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task ClientThatPlays_NeverWaitsForTheDisk()
    {
        var (_, reader) = Open();
        reader.OnClientBlocked(true);
        reader.OnClientBlocked(false);
        var to = new byte[Block];

        // 8 MB/s, more than any film; the clock moves between the reads alone, so that whoever waited for it would wait for ever.
        while (reader.Position < Bytes.Length)
        {
            var n = await reader.ReadAsync(to, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            _node.Time.Advance(TimeSpan.FromSeconds(n / 8e6));
        }

        Assert.True(_node.Context.Backlog.Bytes > _node.Pool.LimitBytes / 16, "the disk was no hindrance: this test sees nothing");
        await reader.DisposeAsync();
    }

    private (ResourceHandle Handle, ResourceReader Reader) Open()
    {
        var handle = _engine.Name(new("https://example.org/film", "identity", new("\"v1\"", null), Bytes.Length, null, Authority.OwnTlsFetch, true));
        var reader = _engine.OpenReader(handle, new(0, Bytes.Length), new ScriptedOrigin(Bytes), new ScriptedBody(Bytes, 0, Bytes.Length), "example.org");
        return (handle, reader);
    }

    private int Stored(ResourceHandle handle)
    {
        using var stored = _store.Find(handle.Version.StoreKey)!;
        return stored.PresentRuns().Sum(r => r.Count);
    }

    private static async Task<byte[]> ReadAllAsync(ResourceReader reader)
    {
        var all = new byte[Bytes.Length];
        for (var at = 0; at < all.Length;)
        {
            at += await reader.ReadAsync(all.AsMemory(at, Math.Min(Block, all.Length - at)), TestContext.Current.CancellationToken);
        }

        return all;
    }
}
