namespace Swarm.Proxy.Cli;

/// <summary>What following a site's Link into its swarm showed.</summary>
/// <param name="TorrentUrl">Where the Link leads; null if there is none.</param>
/// <param name="TorrentProblem">Why the torrent cannot be used; null if it can.</param>
internal sealed record SwarmFact(string? TorrentUrl, string? TorrentProblem)
{
    /// <summary>What the site says, and its torrent.</summary>
    public long? SiteBytes { get; init; }

    public long TorrentBytes { get; init; }

    /// <summary>Pieces of the site's file that were compared with the torrent, and why the first that differs does.</summary>
    public int PiecesCompared { get; init; }

    public string? PieceProblem { get; init; }

    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>One of them is the very URL.</summary>
    public bool IsOwnWebSeed { get; init; }

    /// <summary>Those that were asked.</summary>
    public IReadOnlyList<TrackerFact> Trackers { get; init; } = [];

    /// <summary>How many more it names.</summary>
    public int UnaskedTrackers { get; init; }

    /// <summary>Peers that were dialled.</summary>
    public IReadOnlyList<PeerFact> Peers { get; init; } = [];
}

/// <summary>A tracker of the torrent.</summary>
/// <param name="Seeds">What it counts; null if it does not say.</param>
/// <param name="Problem">Why it gave no answer.</param>
internal sealed record TrackerFact(string Url, int? Seeds, string? Problem);

/// <summary>A peer that a tracker named.</summary>
/// <param name="Problem">Why it cannot be reached; null if it can.</param>
internal sealed record PeerFact(string Address, string? Problem);
