using System.Net;

namespace Swarm.Discovery;

/// <summary>The connection ids that trackers gave, each good for one minute (BEP 15). Thread-safe.</summary>
internal sealed class UdpConnectionIds(TimeProvider time)
{
    /// <summary>BEP 15: one minute after it was received a client must not use it any more.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, (ulong Id, long Since)> _ids = [];

    public ulong? Get(IPEndPoint tracker)
    {
        lock (_gate)
        {
            return _ids.TryGetValue(tracker, out var found) && time.GetElapsedTime(found.Since) < Life ? found.Id : null;
        }
    }

    public void Set(IPEndPoint tracker, ulong id)
    {
        lock (_gate)
        {
            // Few trackers are asked within a minute, so this stays short.
            foreach (var old in _ids.Where(p => time.GetElapsedTime(p.Value.Since) >= Life).Select(p => p.Key).ToList())
            {
                _ids.Remove(old);
            }

            _ids[tracker] = (id, time.GetTimestamp());
        }
    }

    public void Forget(IPEndPoint tracker)
    {
        lock (_gate)
        {
            _ids.Remove(tracker);
        }
    }
}
