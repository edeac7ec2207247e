namespace Swarm.Proxy.Control;

/// <summary>What a capability is asked for: one of the two.</summary>
/// <param name="Url">An http or https URL: the capability is for its host.</param>
/// <param name="Torrent">A torrent's infohash.</param>
public sealed record CapabilityRequest(string? Url = null, string? Torrent = null);

/// <summary>A URL that a browser's media element may load, for an hour.</summary>
/// <param name="Url">Whoever has it may read from that host through this node.</param>
public sealed record CapabilityView(string Url, DateTimeOffset Expires);
