namespace Swarm.Proxy.Demo;

/// <summary>A rate that all who use it share, as they would share an uplink. It may change under way.</summary>
internal sealed class SlowPipe(double bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private double _freeAtSeconds;
    private double _bytesPerSecond = bytesPerSecond;

    public double BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond);
        set => Volatile.Write(ref _bytesPerSecond, value);
    }

    /// <summary>Waits until so many more bytes may go.</summary>
    public Task PassAsync(int bytes, CancellationToken cancellation)
    {
        double wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start).TotalSeconds;
            _freeAtSeconds = Math.Max(_freeAtSeconds, now) + (bytes / BytesPerSecond);
            wait = _freeAtSeconds - now;
        }

        return Task.Delay(TimeSpan.FromSeconds(wait), time, cancellation);
    }
}
