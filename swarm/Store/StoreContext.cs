using Swarm.Core;

namespace Swarm.Store;

/// <summary>What all parts of one store share: its options, its condition, its quota, its queue to the writer, and who is told of what.</summary>
internal sealed class StoreContext
{
    private long _busyAt;

    public StoreContext(StoreOptions options)
    {
        Options = options;
        Monitor = new HealthMonitor(options);
        Ledger = new SpaceLedger(options.QuotaBytes);
        Queue = new WriteQueue(options);
        Eviction = new Eviction(this);
    }

    public StoreOptions Options { get; }

    public HealthMonitor Monitor { get; }

    public SpaceLedger Ledger { get; }

    public WriteQueue Queue { get; }

    public Eviction Eviction { get; }

    public RehashStatus Rehash { get; } = new();

    public StoreEvents Events { get; } = new();

    /// <summary>Asked before blocks are evicted: whether somebody is about to need them. Under no lock.</summary>
    public Func<StoredContent, BlockRun, bool>? IsNeeded { get; set; }

    public Adoptions Adoptions { get; } = new();

    /// <summary>A client, a peer or the writer uses the disk. Any thread.</summary>
    public void NoteBusy() => Volatile.Write(ref _busyAt, Options.TimeProvider.GetTimestamp());

    /// <summary>True if nobody used the disk for so long.</summary>
    public bool IsQuiet(TimeSpan since) => Options.TimeProvider.GetElapsedTime(Volatile.Read(ref _busyAt)) >= since;

    public long NowUnixMs => Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
}
