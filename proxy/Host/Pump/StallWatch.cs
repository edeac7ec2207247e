namespace Swarm.Proxy.Pump;

/// <summary>The running clock of a <see cref="StallRule"/> over one response: armed while a write waits for the client.</summary>
public sealed class StallWatch : IDisposable
{
    private readonly HttpContext _context;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private ITimer? _timer;

    internal StallWatch(HttpContext context, TimeSpan limit, TimeProvider time) => (_context, _limit, _time) = (context, limit, time);

    public void Arm()
    {
        // Most answers never wait for their client: then there is no timer.
        _timer ??= _time.CreateTimer(static state => ((HttpContext)state!).Abort(), _context, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_limit, Timeout.InfiniteTimeSpan);
    }

    public void Disarm() => _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer?.Dispose();
}
