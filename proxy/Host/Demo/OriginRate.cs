namespace Swarm.Proxy.Demo;

/// <summary>How fast a counter rose between looks at it, which are about a second apart. Thread-safe.</summary>
internal sealed class OriginRate(TimeProvider time)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.5);

    private readonly Lock _gate = new();
    private long _at = time.GetTimestamp();
    private long _bytes;
    private double _bytesPerSecond;

    public double Of(long bytes)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_at) is var passed && passed >= Least)
            {
                _bytesPerSecond = (bytes - _bytes) / passed.TotalSeconds;
                (_at, _bytes) = (time.GetTimestamp(), bytes);
            }

            return _bytesPerSecond;
        }
    }
}
