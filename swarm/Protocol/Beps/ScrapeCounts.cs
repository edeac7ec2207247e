namespace Swarm.Protocol;

/// <summary>What a tracker counts of one torrent (BEP 48); null where it does not say.</summary>
/// <param name="Seeds">Peers with everything now.</param>
/// <param name="Completed">Downloads that ever ended.</param>
/// <param name="Leeches">Peers that still download.</param>
public readonly record struct ScrapeCounts(int? Seeds, int? Completed, int? Leeches);
