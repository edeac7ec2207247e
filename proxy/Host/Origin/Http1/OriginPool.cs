namespace Swarm.Proxy.Origin;

/// <summary>
/// Idle HTTP/1.1 connections by origin, the last used first. Bounded in number, idleness and age: after its age a new dial asks
/// TargetPolicy and the resolver again.
/// </summary>
/// <remarks>Thread-safe by one lock, held for list work only; sockets are closed outside it.</remarks>
internal sealed class OriginPool : IDisposable
{
    public const int IdleOfOneMax = 16;
    public const int IdleMax = 256;

    /// <summary>Shorter than the keep-alive of the servers in use (nginx 75 s, Apache 5 s): a race with their close is retried.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly Lock _gate = new();
    private readonly Dictionary<OriginKey, List<Http1Connection>> _idle = [];
    private int _count;
    private bool _disposed;

    public OriginPool(TimeProvider time)
    {
        _time = time;
        _sweep = time.CreateTimer(static pool => ((OriginPool)pool!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <summary>An idle connection that is still open and still young; null if there is none.</summary>
    public Http1Connection? TryTake(OriginKey key)
    {
        while (Pop(key) is { } connection)
        {
            if (IsFresh(connection) && connection.IsQuiet())
            {
                connection.IsBusy = true;
                connection.IsReused = true;
                return connection;
            }

            connection.Close();
        }

        return null;
    }

    /// <summary>Takes back a connection whose exchange ended as announced.</summary>
    public void Return(Http1Connection connection)
    {
        connection.IsBusy = false;
        connection.IdleSince = _time.GetTimestamp();
        var kept = false;
        lock (_gate)
        {
            if (!_disposed && _count < IdleMax && _time.GetElapsedTime(connection.OpenedAt) < Lifetime)
            {
                if (!_idle.TryGetValue(connection.Key, out var list))
                {
                    _idle[connection.Key] = list = [];
                }

                if (list.Count < IdleOfOneMax)
                {
                    list.Add(connection);
                    _count++;
                    kept = true;
                }
            }
        }

        if (!kept)
        {
            connection.Close();
        }
    }

    public void Dispose()
    {
        _sweep.Dispose();
        List<Http1Connection> all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _idle.Values.SelectMany(list => list)];
            _idle.Clear();
            _count = 0;
        }

        all.ForEach(connection => connection.Close());
    }

    private Http1Connection? Pop(OriginKey key)
    {
        lock (_gate)
        {
            if (!_idle.TryGetValue(key, out var list))
            {
                return null;
            }

            var last = list[^1];
            list.RemoveAt(list.Count - 1);
            _count--;
            if (list.Count == 0)
            {
                _idle.Remove(key);
            }

            return last;
        }
    }

    private bool IsFresh(Http1Connection connection)
    {
        var now = _time.GetTimestamp();
        return _time.GetElapsedTime(connection.OpenedAt, now) < Lifetime && _time.GetElapsedTime(connection.IdleSince, now) < IdleLimit;
    }

    private void Sweep()
    {
        var old = new List<Http1Connection>();
        lock (_gate)
        {
            foreach (var (key, list) in _idle.ToArray())
            {
                for (var i = list.Count - 1; i >= 0; i--)
                {
                    if (!IsFresh(list[i]))
                    {
                        old.Add(list[i]);
                        list.RemoveAt(i);
                        _count--;
                    }
                }

                if (list.Count == 0)
                {
                    _idle.Remove(key);
                }
            }
        }

        old.ForEach(connection => connection.Close());
    }
}
