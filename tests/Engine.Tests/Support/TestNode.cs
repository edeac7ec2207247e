using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Store;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>The parts that engine tests share: a clock, memory, a context. Disposing it fails the test that leaked a block.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private static int _meters;
    private readonly SwarmMetrics _metrics = new($"Swarm.Engine.Tests.{Interlocked.Increment(ref _meters)}");
    private readonly List<SwarmLoop> _loops = [];
    private readonly List<FileContent> _contents = [];
    private readonly List<ResourceReader> _readers = [];

    /// <param name="time">Null for a clock that the test moves.</param>
    public TestNode(TimeProvider? time = null, long memoryBytes = 16 << 20, EngineOptions? options = null)
    {
        Time = time as FakeTime ?? new FakeTime();
        Pool = new(memoryBytes);
        Context = new(options ?? new EngineOptions { MemoryBytes = memoryBytes }, time ?? Time, NullLogger.Instance, Pool, _metrics)
        {
            MemoryShort = () =>
            {
                foreach (var content in _contents)
                {
                    content.TrimMemory(all: true);
                }
            },
        };
    }

    public FakeTime Time { get; }

    public SlabPool Pool { get; }

    public EngineContext Context { get; }

    public FileContent Content(long length, StoredContent? store = null, long memoryLimitBytes = 8 << 20)
    {
        var version = new ResourceVersion("https://example.org/film", "identity", new("\"v1\"", null), length, null, Authority.OwnTlsFetch, true);
        var content = new FileContent(version, store, _metrics, Context.Backlog, memoryLimitBytes);
        _contents.Add(content);
        return content;
    }

    public SwarmLoop Loop(ContentLayout layout, InfoHash? infohash = null, Func<Stream>? record = null)
    {
        const ulong seed = 7;
        var loop = new SwarmLoop(Context, Context.NextId(), layout, infohash, new EventLog(record, layout, seed, "test"), seed);
        _loops.Add(loop);
        return loop;
    }

    /// <summary>A loop of this content alone, and the content attached to it.</summary>
    public SwarmLoop LoneLoop(FileContent content)
    {
        var loop = Loop(ContentLayout.Single("resource", content.Length, 1 << 20));
        Assert.True(loop.TryAttach(content, 0));
        return loop;
    }

    public ResourceReader Reader(FileContent content, ByteRange? range = null)
    {
        var reader = new ResourceReader(Context, content, range ?? new(0, content.Length), ReaderHint.Unknown);
        _readers.Add(reader);
        return reader;
    }

    public BlockBuffer Buffer(ReadOnlySpan<byte> bytes)
    {
        var buffer = Pool.TryRent();
        Assert.NotNull(buffer);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Ends the loop and gives every event it saw.</summary>
    public static async Task<SwarmEvent[]> EventsOf(SwarmLoop loop)
    {
        await loop.DisposeAsync();
        return loop.Log.Recent();
    }

    /// <summary>Moves the clock in steps until the task ends; fails after a minute of real time.</summary>
    public async Task Drive(Task task, double stepMs = 20)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!task.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(stepMs));
            await Task.Yield();
            Thread.Yield();
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromMinutes(1), "the task did not end within a minute");
        }

        await task;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        foreach (var loop in _loops)
        {
            await loop.DisposeAsync();
        }

        foreach (var content in _contents)
        {
            content.Release();
        }

        // Pumps that were told to end give their blocks back on their own threads.
        await Until.True(() => Pool.Outstanding().Count == 0, () => $"blocks were not given back, rented by {string.Join(", ", Pool.Outstanding())}");
        _metrics.Dispose();
    }
}
