using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A torrent that is tracked here.</summary>
/// <param name="Own">
/// Where this very node takes peers for it, to be named to clients, since it cannot announce to itself; null if it does not. <c>::</c> or <c>0.0.0.0</c>
/// stands for the address by which a client reached the tracker.
/// </param>
/// <param name="IsSeed">This node has all of it.</param>
public readonly record struct TrackedTorrent(PeerEndpoint? Own = null, bool IsSeed = false);
