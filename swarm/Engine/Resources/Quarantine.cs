namespace Swarm.Engine;

/// <summary>Trees that lied: (URL, validator, infohash) never joins again while the process lives. Thread-safe, bounded.</summary>
internal sealed class Quarantine
{
    private const int Capacity = 4_096;
    private readonly Lock _gate = new();
    private readonly HashSet<(string Url, string Validator, string Infohash)> _entries = [];
    private readonly Queue<(string, string, string)> _order = new();

    public void Add(string url, string validator, string infohash)
    {
        lock (_gate)
        {
            if (_entries.Add((url, validator, infohash)))
            {
                _order.Enqueue((url, validator, infohash));
                if (_order.Count > Capacity)
                {
                    _entries.Remove(_order.Dequeue());
                }
            }
        }
    }

    public bool Contains(string url, string validator, string infohash)
    {
        lock (_gate)
        {
            return _entries.Contains((url, validator, infohash));
        }
    }
}
