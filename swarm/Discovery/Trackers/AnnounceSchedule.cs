namespace Swarm.Discovery;

/// <summary>When to announce next: pure arithmetic over what the last round brought. A draw is a number from 0 to 1.</summary>
public static class AnnounceSchedule
{
    /// <summary>No tracker is asked more often than this, whatever it says.</summary>
    public const int FloorSeconds = 60;

    /// <summary>libtorrent's default where a tracker says nothing useful.</summary>
    public const int DefaultSeconds = 1800;

    // 15 s, 30, 60 … one hour: a tracker that restarts is found soon, a dead one costs 24 requests a day.
    private const int FirstRetrySeconds = 15;
    private const int LastRetrySeconds = 3600;

    /// <summary>
    /// After success: the tracker's interval, never below its minimum, plus up to a tenth so that nodes which began together
    /// drift apart. Later is always allowed, earlier is not.
    /// </summary>
    public static TimeSpan AfterSuccess(int intervalSeconds, int minIntervalSeconds, double draw)
    {
        var wanted = intervalSeconds > 0 ? intervalSeconds : DefaultSeconds;
        var seconds = Math.Max(Math.Max(wanted, minIntervalSeconds), FloorSeconds);
        return TimeSpan.FromSeconds(seconds * (1 + (draw / 10)));
    }

    /// <summary>After the <paramref name="failures"/>th failure in a row: doubled each time, half of it drawn.</summary>
    public static TimeSpan AfterFailure(int failures, int retrySeconds, double draw)
    {
        var doubled = Math.Min(LastRetrySeconds, FirstRetrySeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 16)));
        var seconds = doubled * (0.5 + (draw / 2));
        return TimeSpan.FromSeconds(Math.Max(seconds, Math.Min(retrySeconds, LastRetrySeconds)));
    }
}
