namespace Swarm.Testing;

/// <summary>A clock that moves only when a test moves it; drives timers, <c>Task.Delay(…, time)</c> and cancellation timeouts in order.</summary>
public sealed class FakeTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<FakeTimer> _due = new(Comparer<FakeTimer>.Create(
        (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : a.Order.CompareTo(b.Order)));
    private long _now;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000).AddTicks(GetTimestamp());

    /// <summary>Timers that run now: a test waits for one before it moves the clock for code that is still on its way to its timer.</summary>
    public int RunningTimers
    {
        get
        {
            lock (_gate)
            {
                return _due.Count;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state, Interlocked.Increment(ref _order));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time forward and fires what falls due, earliest first.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        while (true)
        {
            FakeTimer? next;
            lock (_gate)
            {
                next = _due.Min;
                if (next is null || next.At > end)
                {
                    break;
                }

                _due.Remove(next);
                Volatile.Write(ref _now, Math.Max(_now, next.At));
                if (next.Period > 0)
                {
                    next.At += next.Period;
                    _due.Add(next);
                }
            }

            next.Fire();
        }

        Volatile.Write(ref _now, end);
    }

    private sealed class FakeTimer(FakeTime owner, TimerCallback callback, object? state, long order) : ITimer
    {
        public long At { get; set; }
        public long Order => order;
        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._due.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime >= TimeSpan.Zero)
                {
                    At = owner.GetTimestamp() + dueTime.Ticks;
                    owner._due.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._due.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
