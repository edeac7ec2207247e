namespace Swarm.Core;

/// <summary>
/// Bytes arriving from all block sources together, in quarter seconds. While they come as fast as they ever did, our own link is the
/// likely bottleneck: a source that is silent for a moment waits behind the others, and a duplicate would only take from them.
/// </summary>
internal struct LinkMeter
{
    private const long BucketMicros = 250_000;
    private long _startMicros;
    private long _bytes;
    private long _lastBytes;
    private long _peakBytes;
    private long _buckets;

    public void Add(long nowMicros, long bytes)
    {
        Turn(nowMicros);
        _bytes += bytes;
    }

    /// <summary>True if the last whole quarter second brought at least 85 % of the best one of late, and three were seen.</summary>
    public bool IsFull(long nowMicros)
    {
        Turn(nowMicros);
        return _buckets >= 3 && _lastBytes * 100 >= _peakBytes * 85;
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _startMicros);
        codec.Value(ref _bytes);
        codec.Value(ref _lastBytes);
        codec.Value(ref _peakBytes);
        codec.Value(ref _buckets);
    }

    private void Turn(long nowMicros)
    {
        var passed = (nowMicros - _startMicros) / BucketMicros;
        if (passed <= 0)
        {
            return;
        }

        _lastBytes = passed == 1 ? _bytes : 0;
        _buckets = _lastBytes > 0 ? _buckets + 1 : 0;

        // The peak forgets 2 % a bucket, so that a link that became slower is a full link again within seconds.
        _peakBytes = Math.Max(_lastBytes, _peakBytes - (_peakBytes * Math.Min(passed, 25) / 50));
        _bytes = 0;
        _startMicros += passed * BucketMicros;
    }
}
