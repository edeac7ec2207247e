using System.Net;

namespace Swarm.Discovery;

/// <summary>Where a tracker may be asked, each address checked by the caller's policy, or why nowhere.</summary>
public readonly record struct TrackerAddresses(IReadOnlyList<IPEndPoint> EndPoints, string? Problem = null);
