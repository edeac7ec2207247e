using Microsoft.Extensions.Logging;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Metrics;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>What every part of one node's engine shares. Thread-safe.</summary>
internal sealed class EngineContext(EngineOptions options, TimeProvider time, ILogger logger, SlabPool pool, SwarmMetrics metrics)
{
    private readonly EventClock _clock = new(time);

    /// <summary>A run may be this far ahead of its reader; beyond, the origin feels the client's own back-pressure.</summary>
    private const long MaxPaceBytes = 4 << 20;

    /// <summary>One receive and a little: with more open responses than this leaves room for, memory itself is the brake.</summary>
    private const long MinPaceBytes = 192 << 10;

    private const long ReliefMicros = 100_000;

    private int _lastId;
    private int _openOrigins;
    private long _relievedAt;

    public EngineOptions Options => options;
    public TimeProvider Time => time;
    public ILogger Logger => logger;
    public SlabPool Pool => pool;
    public SwarmMetrics Metrics => metrics;
    /// <summary>An eighth of the memory: a burst of two seconds at 100 Mbit/s goes without a word, and readers keep the rest.</summary>
    public StoreBacklog Backlog { get; } = new(pool.LimitBytes / 8, time);

    /// <summary>For what looks around each second.</summary>
    public Heartbeat Heartbeat { get; } = new(time);

    public SourceDirectory Sources { get; } = new();
    public EngineEvents Events { get; } = new();

    /// <summary>Clients' reads before uploads.</summary>
    public ReadPriority Priority { get; } = new(time);

    /// <summary>The event clock.</summary>
    public Instant Now => _clock.Now;

    /// <summary>Numbers readers and sources over the whole node, so that they stay themselves when a content changes loops.</summary>
    public int NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>The way to web seeds; null where there is none.</summary>
    public IWebSeedAccess? WebSeedAccess { get; set; }

    /// <summary>This machine in the DHT; null where it is switched off.</summary>
    public MainlineDht? Dht { get; set; }

    /// <summary>How far a run may be ahead of its reader: half of the memory, shared by all open responses, so that paused ones starve nobody.</summary>
    public long PaceWindowBytes => Math.Clamp(pool.LimitBytes / 2 / Math.Max(1, Volatile.Read(ref _openOrigins)), MinPaceBytes, MaxPaceBytes);

    /// <summary>Asked to give memory back; set by the engine.</summary>
    public Action? MemoryShort { get; set; }

    public void OriginOpened() => Interlocked.Increment(ref _openOrigins);

    public void OriginClosed() => Interlocked.Decrement(ref _openOrigins);

    /// <summary>The pool refused a block: whoever holds memory that no reader needs lets it go. At most ten times a second.</summary>
    public void RelieveMemory()
    {
        var now = Now.Micros;
        var last = Volatile.Read(ref _relievedAt);
        if ((last == 0 || now - last >= ReliefMicros) && Interlocked.CompareExchange(ref _relievedAt, now, last) == last)
        {
            MemoryShort?.Invoke();
        }
    }
}
