using Swarm.Fuzz.Targets;

namespace Swarm.Fuzz;

/// <summary>The targets by name. A new one is one class and one line here; tests run every one of them.</summary>
public static class FuzzTargets
{
    public static readonly IReadOnlyList<IFuzzTarget> All =
    [
        new BencodeTarget(),
        new MetainfoTarget(),
        new TrackerResponseTarget(),
        new UdpTrackerTarget(),
        new ScrapeTarget(),
        new KrpcTarget(),
        new MagnetTarget(),
        new RangeTarget(),
        new ContentRangeTarget(),
        new ConditionsTarget(),
        new CacheControlTarget(),
        new LinkTarget(),
        new ResponseHeadTarget(),
        new ChunkedTarget(),
        new ClientHelloTarget(),
        new PeerWireTarget(),
        new HandshakeTarget(),
        new MetadataTarget(),
        new CrowdTarget(),
        new PexTarget(),
        new LsdTarget(),
        new TrackerRequestTarget(),
    ];

    public static IFuzzTarget? Find(string name) => All.FirstOrDefault(t => t.Name == name);
}
