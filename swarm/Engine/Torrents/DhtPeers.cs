using Swarm.Discovery;

namespace Swarm.Engine;

/// <summary>Finds peers by the DHT, under the rule of trackers in clear: of what came by https it says nothing, of private torrents neither (BEP 27).</summary>
/// <param name="announcedPort">Where this node takes peers; 0 while it gives nothing: then it looks, and is not to be found.</param>
internal sealed class DhtPeers(EngineContext context, Func<int> announcedPort)
{
    /// <summary>Looks and announces until disposed. Null for a torrent that is not to be named there, and where there is no DHT.</summary>
    public IPeerFinder? Start(PeerSearch search) =>
        search.IsPrivate || search.HttpsOnly || context.Dht is not { } dht
            ? null
            : DhtFinder.Start(dht, search.InfoHash, search.IsActive, announcedPort, peers => search.Found(new(FoundBy.Dht, peers)), context.Time);
}
