namespace Swarm.Lab.Harness;

/// <summary>What origin and seeds gave since a moment, by their own counts: the other side of a receipt.</summary>
public sealed class SiteLedger
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400);

    private readonly FilmSite _site;
    private readonly long _originBefore;
    private readonly long _lineBefore;
    private readonly int _requestsBefore;
    private readonly Dictionary<LibtorrentPeer, long> _seedsBefore;

    private SiteLedger(FilmSite site)
    {
        _site = site;
        _originBefore = site.Nginx.BytesSentOf(site.Path);
        _lineBefore = LineNow();
        _requestsBefore = Requests();
        _seedsBefore = site.Seeds.ToDictionary(s => s, s => s.Counters.UploadedBytes);
    }

    /// <summary>Bytes of the film that nginx says it sent.</summary>
    public long OriginBytes { get; private set; }

    /// <summary>
    /// Bytes that the slow lines delivered at the node's door. nginx counts what its side of the line swallowed; of an
    /// answer that is broken off a good 100 KiB lie there, in four socket buffers, and never arrive.
    /// </summary>
    public long DeliveredBytes { get; private set; }

    /// <summary>Answers that nginx began for the film.</summary>
    public int OriginRequests { get; private set; }

    public long SeedBytes { get; private set; }

    public static async Task<SiteLedger> OpenAsync(FilmSite site, CancellationToken stop)
    {
        foreach (var seed in site.Seeds)
        {
            await seed.SettleAsync(stop);
        }

        return new(site);
    }

    /// <summary>Reads the counts again, once they have come to rest: nginx writes a line when a request has ended.</summary>
    public async Task CloseAsync(CancellationToken stop)
    {
        long before;
        do
        {
            before = _site.Nginx.BytesSentOf(_site.Path);
            await Task.Delay(Quiet, stop);
        }
        while (_site.Nginx.BytesSentOf(_site.Path) != before);

        OriginBytes = before - _originBefore;
        DeliveredBytes = LineNow() - _lineBefore;
        OriginRequests = Requests() - _requestsBefore;
        foreach (var (seed, uploaded) in _seedsBefore)
        {
            await seed.SettleAsync(stop);
            SeedBytes += seed.Counters.UploadedBytes - uploaded;
        }
    }

    private long LineNow() => _site.Relay.BytesDown + _site.TlsRelay.BytesDown;

    private int Requests() => _site.Nginx.Log().Count(e => e.Path == _site.Path);
}
