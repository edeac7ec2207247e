namespace Swarm.Discovery;

/// <summary>When to search again: pure arithmetic over how the last searches ended. A draw is a number from 0 to 1.</summary>
public static class DhtSchedule
{
    /// <summary>What was announced is kept for half an hour by most programs, 45 minutes here: each second announce may be lost.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(15);

    private const int FirstRetrySeconds = 1;

    /// <summary>With nobody to ask nothing is sent, so that is looked at often.</summary>
    private const int LastWithoutNodesSeconds = 60;

    private const int FirstWithoutPeersSeconds = 15;

    /// <summary>Fewer answered than a search ends with: the way into the DHT is only being found, and who comes next may know more.</summary>
    private const int FirstOnTheWayInSeconds = 2;

    /// <param name="inVain">Searches in a row that brought no peer, this one included.</param>
    public static TimeSpan After(in DhtSearchResult result, int inVain, double draw)
    {
        var doubled = Math.Pow(2, Math.Clamp(inVain - 1, 0, 16));
        if (result.Answers == 0)
        {
            return TimeSpan.FromSeconds(Math.Min(LastWithoutNodesSeconds, FirstRetrySeconds * doubled));
        }

        var first = result.Answers < DhtTable.BucketSize ? FirstOnTheWayInSeconds : FirstWithoutPeersSeconds;
        return result.Peers == 0
            ? TimeSpan.FromSeconds(Math.Min(Usual.TotalSeconds, first * doubled) * (1 + (draw / 4)))
            : Usual * (1 + draw);
    }
}
