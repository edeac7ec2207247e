using Microsoft.Extensions.Logging;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>What every part of one node's engine shares. Thread-safe.</summary>
internal sealed class EngineContext(EngineOptions options, TimeProvider time, ILogger logger, SlabPool pool, SwarmMetrics metrics)
{
    private readonly long _startedAt = time.GetTimestamp();
    private int _lastId;

    public EngineOptions Options => options;
    public TimeProvider Time => time;
    public ILogger Logger => logger;
    public SlabPool Pool => pool;
    public SwarmMetrics Metrics => metrics;
    public SourceDirectory Sources { get; } = new();
    public EngineEvents Events { get; } = new();

    /// <summary>The event clock: micros since the engine started, plus one so that it is never zero.</summary>
    public Instant Now => new((long)time.GetElapsedTime(_startedAt).TotalMicroseconds + 1);

    /// <summary>Numbers readers and sources over the whole node, so that they stay themselves when a content changes loops.</summary>
    public int NextId() => Interlocked.Increment(ref _lastId);
}
