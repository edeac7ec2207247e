using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>What one tracker said of one infohash: counts, an error, or neither if it does not know the torrent.</summary>
/// <param name="Version"><c>v1</c> or <c>v2</c>: a hybrid has a swarm under each. Null with an error, which is of the tracker.</param>
internal sealed record TrackerScrape(string Tracker, string? Version, ScrapeCounts? Counts, string? Error);
