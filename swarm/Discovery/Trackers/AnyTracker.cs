using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A tracker of either kind, told apart by the scheme of its URL.</summary>
public sealed class AnyTracker(HttpTracker http, UdpTracker udp) : ITracker, IDisposable
{
    /// <summary>True for URLs this program can ask.</summary>
    public static bool Speaks(Uri url) => url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps || url.Scheme == UdpTracker.Scheme);

    public Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel) =>
        url.Scheme == UdpTracker.Scheme ? udp.AnnounceAsync(url, announce, cancel) : http.AnnounceAsync(url, announce, cancel);

    /// <summary>Asks for the counts of torrents without announcing them (BEP 48).</summary>
    public Task<ScrapeResult> ScrapeAsync(Uri url, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes, CancellationToken cancel) =>
        url.Scheme == UdpTracker.Scheme ? udp.ScrapeAsync(url, infoHashes, cancel) : http.ScrapeAsync(url, infoHashes, cancel);

    public void Dispose() => http.Dispose();
}
