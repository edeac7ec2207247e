namespace Swarm.Engine;

/// <summary>
/// One clock of the node for everything that looks around each second. Two thousand idle swarms with timers of their own cost a sixth of a core
/// (measured): here whoever is idle is looked at every eighth second, in turns. Without members it does not tick. Thread-safe.
/// </summary>
internal sealed class Heartbeat
{
    private const int IdleTurns = 8;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IBeat, int> _members = [];
    private readonly ITimer _timer;
    private KeyValuePair<IBeat, int>[]? _snapshot;
    private int _nextTurn;
    private int _turn;
    private int _beating;

    public Heartbeat(TimeProvider time) => _timer = time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Add(IBeat member)
    {
        lock (_gate)
        {
            _members[member] = _nextTurn++ % IdleTurns;
            _snapshot = null;
            if (_members.Count == 1)
            {
                _timer.Change(Second, Second);
            }
        }
    }

    public void Remove(IBeat member)
    {
        lock (_gate)
        {
            if (_members.Remove(member) && _members.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            _snapshot = null;
        }
    }

    private void Tick()
    {
        // One that takes longer than a second costs a tick, not a second thread.
        if (Interlocked.Exchange(ref _beating, 1) != 0)
        {
            return;
        }

        KeyValuePair<IBeat, int>[] members;
        lock (_gate)
        {
            members = _snapshot ??= [.. _members];
            _turn = (_turn + 1) % IdleTurns;
        }

        foreach (var (member, turn) in members)
        {
            if (member.IsBusy || turn == _turn)
            {
                member.Beat();
            }
        }

        Volatile.Write(ref _beating, 0);
    }
}
