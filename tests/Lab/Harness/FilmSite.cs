using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>
/// A site that publishes one film as the issue asks: nginx behind one shared limit, a Link to the film's torrent, a
/// tracker, and stock seeds that checked the file.
/// </summary>
public sealed class FilmSite
{
    private readonly Bench _bench;
    private int _peers = 1;

    private FilmSite(Bench bench, Film film, Nginx nginx, Torrent torrent, Opentracker tracker, ThrottledRelay relay, ThrottledRelay tlsRelay, string seedFolder)
    {
        _bench = bench;
        Film = film;
        Nginx = nginx;
        Torrent = torrent;
        Tracker = tracker;
        Relay = relay;
        TlsRelay = tlsRelay;
        SeedFolder = seedFolder;
    }

    public Film Film { get; }

    public Nginx Nginx { get; }

    public Torrent Torrent { get; }

    public Opentracker Tracker { get; }

    /// <summary>The slow line before the http port.</summary>
    public ThrottledRelay Relay { get; }

    /// <summary>The slow line before the https port.</summary>
    public ThrottledRelay TlsRelay { get; }

    /// <summary>The folder the seeds serve from: a copy that no one replaces.</summary>
    public string SeedFolder { get; }

    public string Path => $"/{Film.Name}";

    public Uri Url => Nginx.UrlOf(Relay.Port, Path);

    public List<LibtorrentPeer> Seeds { get; } = [];

    public long SeedsUploadedBytes => Seeds.Sum(s => s.Counters.UploadedBytes);

    /// <param name="port">The http port that clients see; 0 for any.</param>
    /// <param name="names">Names that its certificate is for, besides this machine's.</param>
    public static async Task<FilmSite> StartAsync(
        Bench bench, Film film, double originBytesPerSecond, CancellationToken stop,
        string kind = "hybrid", TimeSpan originDelay = default, bool announce = true, int port = 0, params string[] names)
    {
        var ca = TestCa.Create(bench.NewFolder("ca"), names);
        var nginx = await Nginx.StartAsync(bench, ca, stop, sendBufferKiB: 16);
        nginx.Publish(film.Name, film.Content);
        nginx.Publish(System.IO.Path.Combine("plain", film.Name), film.Content);
        var seedFolder = bench.NewFolder("seeded");
        var seeded = System.IO.Path.Combine(seedFolder, film.Name);
        await File.WriteAllBytesAsync(seeded, film.Content, stop);
        var trackerPort = Bench.FreePort();
        var torrent = await Torrent.CreateAsync(
            bench, seeded, System.IO.Path.Combine(nginx.Root, film.Name + ".torrent"), stop, kind,
            tracker: announce ? Opentracker.AnnounceUrl(trackerPort) : null);
        var tracker = await Opentracker.StartAsync(bench, trackerPort, [torrent], stop);
        var relay = bench.Own(new ThrottledRelay(nginx.Endpoint, originBytesPerSecond, originDelay, port: port));
        var tls = bench.Own(new ThrottledRelay(nginx.TlsEndpoint, originBytesPerSecond, originDelay));
        return new(bench, film, nginx, torrent, tracker, relay, tls, seedFolder);
    }

    /// <summary>Starts a stock seed on an address of its own.</summary>
    public async Task<LibtorrentPeer> AddSeedAsync(double uploadBytesPerSecond, CancellationToken stop)
    {
        var seed = await LibtorrentPeer.StartAsync(_bench, NextAddress(), SeedFolder, [Torrent], stop, uploadBytesPerSecond);
        Seeds.Add(seed);
        return seed;
    }

    /// <summary>Starts a peer of ours that misbehaves, and makes the tracker name it.</summary>
    public async Task<WirePeer> AddBadPeerAsync(Misbehaviour misbehaviour, double bytesPerSecond, CancellationToken stop)
    {
        var peer = WirePeer.Start(_bench, NextAddress(), Film, new HashTree(Film.Content), Torrent, misbehaviour, bytesPerSecond);
        await peer.AnnounceAsync(Tracker, stop);
        return peer;
    }

    /// <summary>Waits until the tracker names all peers, so that a cold start measures the product and not the seeds' first announce.</summary>
    public Task WaitForPeersAsync(int count, CancellationToken stop) => Tracker.WaitForSeedsAsync(Torrent, count, stop);

    public IReadOnlyList<IPEndPoint> SeedEndpoints => [.. Seeds.Select(s => s.Endpoint)];

    private string NextAddress() => $"127.0.0.{++_peers}";
}
