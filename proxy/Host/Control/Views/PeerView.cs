namespace Swarm.Proxy.Control;

/// <summary>One peer connection.</summary>
/// <param name="Client">What the peer calls itself; text from outside.</param>
/// <param name="State"><c>connecting</c>, <c>choked</c>, <c>unchoked</c>, <c>banned</c>: as in <c>swarmstream_peers</c>.</param>
/// <param name="HaveRatio">The part of the content it has, 0 to 1.</param>
/// <param name="RttMs">Null until measured.</param>
public sealed record PeerView(
    string Infohash,
    string Address,
    string? Client,
    string State,
    double HaveRatio,
    long ReceivedBytes,
    long SentBytes,
    long RejectedBytes,
    double BytesPerSecond,
    double? RttMs);
