namespace Swarm.Proxy.Origin;

/// <summary>Which https origins chose HTTP/2 lately, so that they are not dialled once more to learn it.</summary>
internal sealed class Http2Hosts(TimeProvider time)
{
    private const int Max = 1024;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<OriginKey, long> _seen = [];

    public bool Contains(OriginKey key)
    {
        lock (_gate)
        {
            return _seen.TryGetValue(key, out var at) && time.GetElapsedTime(at) < Remembered;
        }
    }

    public void Add(OriginKey key)
    {
        lock (_gate)
        {
            if (_seen.Count >= Max && !_seen.ContainsKey(key))
            {
                _seen.Clear(); // learned again with one dial each
            }

            _seen[key] = time.GetTimestamp();
        }
    }
}
