namespace Swarm.Proxy.Demo;

/// <summary>A rate that all answers of the demo's origin share, as they would share its uplink.</summary>
internal sealed class SlowPipe(double bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private double _freeAtSeconds;

    /// <summary>Waits until so many more bytes may go.</summary>
    public Task PassAsync(int bytes, CancellationToken cancellation)
    {
        double wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start).TotalSeconds;
            _freeAtSeconds = Math.Max(_freeAtSeconds, now) + (bytes / bytesPerSecond);
            wait = _freeAtSeconds - now;
        }

        return Task.Delay(TimeSpan.FromSeconds(wait), time, cancellation);
    }
}
