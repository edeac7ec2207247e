using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What a search is for.</summary>
/// <param name="WantsPeers">Peers of an infohash; else only nodes.</param>
/// <param name="AnnouncedPort">Where our own peer takes connections, told to the nearest nodes at the end; 0 tells nobody.</param>
/// <param name="IsPortImplied">That is the port of our DHT socket too: behind a NAT the nodes know the outer one better than we.</param>
/// <param name="Found">Peers, as they come.</param>
/// <param name="Over">At the end, once.</param>
internal sealed record DhtSearchGoal(
    bool WantsPeers, ushort AnnouncedPort = 0, bool IsPortImplied = false, Action<IReadOnlyList<PeerEndpoint>>? Found = null, Action<DhtSearchResult>? Over = null);

/// <summary>How a search ended.</summary>
/// <param name="Answers">Nodes that answered.</param>
/// <param name="Peers">Different peers that they named.</param>
/// <param name="Told">Nodes that were told where our peer is.</param>
public readonly record struct DhtSearchResult(int Answers, int Peers, int Told);
