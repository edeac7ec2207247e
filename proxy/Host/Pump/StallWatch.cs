namespace Swarm.Proxy.Pump;

/// <summary>The running clock of a <see cref="StallRule"/> over one response: armed while a write waits for the client.</summary>
public sealed class StallWatch : IDisposable
{
    private readonly ITimer _timer;
    private readonly TimeSpan _limit;

    internal StallWatch(HttpContext context, TimeSpan limit, TimeProvider time)
    {
        _limit = limit;
        _timer = time.CreateTimer(static state => ((HttpContext)state!).Abort(), context, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Arm() => _timer.Change(_limit, Timeout.InfiniteTimeSpan);

    public void Disarm() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
