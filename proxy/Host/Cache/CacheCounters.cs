using System.Diagnostics.Metrics;

namespace Swarm.Proxy.Cache;

/// <summary>What the cache of small answers did, for <c>/metrics</c>. Written by one interlocked add.</summary>
internal sealed class CacheCounters
{
    private static readonly string[] Results = [.. Enum.GetValues<CacheResult>().Select(r => r.ToString().ToLowerInvariant())];

    private readonly long[] _requests = new long[Results.Length];
    private long _servedBytes;

    public void Count(CacheResult result) => Interlocked.Increment(ref _requests[(int)result]);

    public void Serve(long bytes) => Interlocked.Add(ref _servedBytes, bytes);

    public long Of(CacheResult result) => Interlocked.Read(ref _requests[(int)result]);

    public long ServedBytes => Interlocked.Read(ref _servedBytes);

    /// <summary>Says it all on a meter; its owner disposes it.</summary>
    /// <param name="meterName">The node's, so that nodes of one process are not mixed up.</param>
    public static Meter Publish(AnswerStore store, string meterName)
    {
        var counters = store.Counters;
        var meter = new Meter(meterName);
        meter.CreateObservableCounter("swarmstream_cache_requests_total", () => Results.Select((name, i) => new Measurement<long>(Interlocked.Read(ref counters._requests[i]), new KeyValuePair<string, object?>("result", name))), null,
            "Requests that the cache of small answers saw, by what came of them.");
        meter.CreateObservableCounter("swarmstream_cache_served_bytes_total", () => counters.ServedBytes, "By", "Content served from stored small answers.");
        meter.CreateObservableGauge("swarmstream_cache_bytes", () => ByTier(store.Bytes, store.Disk?.Bytes ?? 0), "By", "Stored small answers with their fields, by where they are.");
        meter.CreateObservableGauge("swarmstream_cache_urls", () => ByTier(store.Count, store.Disk?.Count ?? 0), null, "URLs with stored small answers, by where they are.");
        return meter;
    }

    private static IEnumerable<Measurement<long>> ByTier(long memory, long disk) =>
        [new(memory, new KeyValuePair<string, object?>("tier", "memory")), new(disk, new KeyValuePair<string, object?>("tier", "disk"))];
}

/// <summary>What came of a request at the cache.</summary>
internal enum CacheResult : byte
{
    /// <summary>Served without asking.</summary>
    Hit,

    /// <summary>The origin said that what is stored still holds.</summary>
    Validated,

    /// <summary>Served stale: by the origin's leave, or because it failed.</summary>
    Stale,

    /// <summary>The origin answered.</summary>
    Miss,
}
