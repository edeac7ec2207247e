using Swarm.Core;

namespace Swarm.Engine;

/// <summary>A torrent whose peers are looked for: what every way to find them must know of it.</summary>
internal sealed record PeerSearch(InfoHash InfoHash)
{
    /// <summary>Announce URLs by tier (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    /// <summary>The resource came by https: nothing is said of it in clear to anyone but peers.</summary>
    public bool HttpsOnly { get; init; }

    /// <summary>BEP 27: nobody but its own trackers hears of it.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Bytes still missing.</summary>
    public required Func<long> LeftBytes { get; init; }

    /// <summary>True while peers are wanted or given to; what costs others something rests meanwhile.</summary>
    public Func<bool> IsActive { get; init; } = static () => true;

    /// <summary>Told what was found; any thread.</summary>
    public required Action<FoundPeers> Found { get; init; }

    /// <summary>Told once there is no tracker whose first answer is still to come, and perhaps again; any thread.</summary>
    public Action TrackersSilent { get; init; } = static () => { };
}
