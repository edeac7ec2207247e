using System.Net;
using Swarm.Discovery;

namespace Swarm.Engine;

/// <summary>What a way to find peers found.</summary>
/// <param name="Leechers">Peers that miss something, this node among them; 0 where nobody counts them.</param>
internal readonly record struct FoundPeers(FoundBy By, IReadOnlyList<IPEndPoint> EndPoints, int Leechers = 0);
