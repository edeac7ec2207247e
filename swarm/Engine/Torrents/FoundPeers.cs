using System.Net;

namespace Swarm.Engine;

/// <summary>What a way to find peers found.</summary>
/// <param name="Leechers">Peers that miss something, this node among them; 0 where nobody counts them.</param>
internal readonly record struct FoundPeers(IReadOnlyList<IPEndPoint> EndPoints, int Leechers);
