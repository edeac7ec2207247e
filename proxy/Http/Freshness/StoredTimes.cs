namespace Swarm.Http;

/// <summary>When a stored response was asked for and when it came (RFC 9111 §4.2.3), by this node's wall clock.</summary>
public readonly record struct StoredTimes(DateTimeOffset RequestedAt, DateTimeOffset ReceivedAt);
