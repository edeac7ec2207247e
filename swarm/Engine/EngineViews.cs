namespace Swarm.Engine;

/// <summary>One peer connection, for pages.</summary>
/// <param name="State"><c>choked</c>, <c>unchoked</c> or <c>banned</c>.</param>
public sealed record PeerSnapshot(
    string Infohash, string Address, string? Client, string State, double HaveRatio, long ReceivedBytes, long RejectedBytes, double BytesPerSecond, double? RttMs);

/// <summary>One resource under way, for pages.</summary>
/// <param name="Reason">Why no swarm helps, as a sentence; null if one does.</param>
public sealed record ResourceStats(int Readers, int Peers, long OriginBytes, long PeerBytes, long VerifiedBytes, double BytesPerSecond, string? Reason);
