namespace Swarm.Engine;

/// <summary>
/// Which failures of trackers are worth a line. A dead one fails for every torrent and again at every try: the first is told, then one a quarter of an
/// hour later, and each time after twice as long, until it answers. Thread-safe.
/// </summary>
internal sealed class TrackerComplaints(TimeProvider time)
{
    /// <summary>Torrents name whom they like: more than these are forgotten, the quietest first.</summary>
    public const int MaxHosts = 1_000;

    private static readonly TimeSpan FirstSilence = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Complaint> _byHost = new(StringComparer.OrdinalIgnoreCase);

    private sealed class Complaint
    {
        public long SaidAt;
        public TimeSpan Silence;
        public int Unsaid;
    }

    /// <summary>A try failed.</summary>
    /// <param name="unsaid">Failures since the last line, this one not counted.</param>
    /// <returns>True if it is to be told.</returns>
    public bool Failed(string host, out int unsaid)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_byHost.TryGetValue(host, out var known))
            {
                unsaid = known.Unsaid;
                if (time.GetElapsedTime(known.SaidAt, now) < known.Silence)
                {
                    known.Unsaid++;
                    return false;
                }

                (known.SaidAt, known.Unsaid) = (now, 0);
                known.Silence = known.Silence * 2 < LongestSilence ? known.Silence * 2 : LongestSilence;
                return true;
            }

            if (_byHost.Count >= MaxHosts)
            {
                _byHost.Remove(_byHost.MinBy(static h => h.Value.SaidAt).Key);
            }

            _byHost[host] = new() { SaidAt = now, Silence = FirstSilence };
            unsaid = 0;
            return true;
        }
    }

    /// <summary>It answered: its next failure is news.</summary>
    public void Answered(string host)
    {
        lock (_gate)
        {
            _byHost.Remove(host);
        }
    }
}
