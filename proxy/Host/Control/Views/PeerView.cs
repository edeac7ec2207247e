namespace Swarm.Proxy.Control;

/// <summary>One source of a swarm: a peer connection, a web seed, or a mirror.</summary>
/// <param name="Kind"><c>peer</c>, <c>webseed</c> or <c>mirror</c>.</param>
/// <param name="Client">What the peer calls itself; text from outside.</param>
/// <param name="State"><c>connecting</c>, <c>choked</c>, <c>unchoked</c>, <c>banned</c>: as in <c>swarmstream_peers</c>; of a web seed or mirror <c>joined</c>, <c>idle</c>, <c>resting</c>, <c>given-up</c> or <c>banned</c>.</param>
/// <param name="Reason">Why a peer is banned: which block failed, and how.</param>
/// <param name="HaveRatio">The part of the content it has, 0 to 1.</param>
/// <param name="RttMs">Null until measured.</param>
public sealed record PeerView(
    string Infohash,
    string Kind,
    string Address,
    string? Client,
    string State,
    string? Reason,
    double HaveRatio,
    long ReceivedBytes,
    long SentBytes,
    long RejectedBytes,
    double BytesPerSecond,
    double? RttMs);
