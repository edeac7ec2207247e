namespace Swarm.Simulation;

/// <summary>Virtual time: things to do in order of their time, then of their planning. Nothing else moves the clock.</summary>
public sealed class EventQueue
{
    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private long _order;

    public long NowMicros { get; private set; }

    public void At(long micros, Action action) => _queue.Enqueue(action, (Math.Max(micros, NowMicros), _order++));

    public void After(long micros, Action action) => At(NowMicros + micros, action);

    /// <summary>Runs until the time is reached, nothing is left, or <paramref name="done"/> says so.</summary>
    public void Run(long untilMicros, Func<bool> done)
    {
        while (!done() && _queue.TryPeek(out var action, out var key) && key.At <= untilMicros)
        {
            _queue.Dequeue();
            NowMicros = key.At;
            action();
        }
    }
}
