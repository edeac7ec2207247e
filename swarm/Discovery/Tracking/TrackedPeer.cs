using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A peer as the tracker last heard of it.</summary>
internal readonly record struct TrackedPeer(PeerEndpoint EndPoint, Instant HeardAt);
