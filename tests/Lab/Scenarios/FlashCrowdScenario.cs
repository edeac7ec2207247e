using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Six viewers, each on a machine of its own behind a home line, open one film at once on a site whose uplink carries one and a half of it.
/// The same with libtorrent in their place, in the same run.
/// </summary>
public sealed class FlashCrowdScenario : IScenario
{
    private const int Viewers = 6;
    private const double BytesPerSecond = 750_000;
    private const int FilmSeconds = 60;
    private const double PlaySeconds = 30;
    private const double OriginBits = 9e6;
    private const double DownBits = 50e6;
    private const int TrackerPort = 6969;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(80);

    public string Name => "flash-crowd";

    public string Holds => "six viewers behind an origin of 1.5 × the bitrate: stall ratio ≤ 0.02, startup ≤ 3.5 s, origin ≤ 1.6 × what one needs; libtorrent beside it";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var all = await PlayAsync(bench, "ours", report, freeRiders: 0, stop);
        report.AtMost("stall ratio, mean of six", all.Average(r => r.StallRatio), 0.02, "");
        report.AtMost("startup, slowest of six", all.Max(r => r.StartupSeconds), 3.5, "s");
        report.Equal("wrong bytes", all.Sum(r => r.WrongBytes), 0L);

        var one = await PlayAsync(bench, "ours, one with --share off", report, freeRiders: 1, stop);
        report.AtMost("stall ratio of the one with --share off", one[^1].StallRatio, 0.1, "");
        report.Equal("wrong bytes beside it", one.Sum(r => r.WrongBytes), 0L);

        await PlayStockAsync(bench, report, stop);
    }

    private static async Task<IReadOnlyList<LegResult>> PlayAsync(Bench outer, string who, Report report, int freeRiders, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var site = await Site.StartAsync(bench, stop);
        var nodes = new List<SwarmstreamNode>();
        for (var i = 0; i < Viewers; i++)
        {
            nodes.Add(await SwarmstreamNode.StartOnAsync(bench, site.Viewer(i), stop, "--share", i >= Viewers - freeRiders ? "off" : "reading"));
        }

        // A viewer's node runs for days: its code is warm. A short film of its own warms it here, from another site, or the visit would begin on an open connection.
        await Task.WhenAll(nodes.Select((node, i) => Watch(site.WarmUp, site.WarmUpUrl, node, site.Viewer(i), site.WarmUp.Seconds, stop)));
        var before = site.Origin.Counters.SentBytes;
        var results = await Task.WhenAll(nodes.Select((node, i) => Watch(site.Film, site.Url, node, site.Viewer(i), PlaySeconds, stop)));
        var sent = site.Origin.Counters.SentBytes - before;
        double peerBytes = 0;
        foreach (var node in nodes)
        {
            peerBytes += await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop);
        }

        Tell(report, who, results.Select(r => r.StartupSeconds), results.Select(r => r.StallRatio), sent, results.Max(r => r.Bytes));
        if (freeRiders == 0)
        {
            report.AtMost("origin over what one viewer took", (double)sent / results.Max(r => r.Bytes), 1.6, "");
        }

        report.True($"{who}: viewers served each other", peerBytes > 0, $"{peerBytes / 1e6:F1} MB");
        report.Exchanged(Tool.Nginx, $"sent ({who})", sent);
        return results;
    }

    private static async Task PlayStockAsync(Bench outer, Report report, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var site = await Site.StartAsync(bench, stop);
        var before = site.Origin.Counters.SentBytes;
        var viewers = Enumerable.Range(0, Viewers).Select(i => LibtorrentViewer.Start(bench, site.Viewer(i), site.Torrent, site.Film, site.Url, PlaySeconds, Limit)).ToList();
        var results = new List<(double StartupSeconds, double StallRatio, long PeerBytes)>();
        foreach (var viewer in viewers)
        {
            results.Add(await viewer.PlayedAsync(stop));
        }

        var sent = site.Origin.Counters.SentBytes - before;
        Tell(report, "libtorrent with deadlines", results.Select(r => r.StartupSeconds), results.Select(r => r.StallRatio), sent, (long)(PlaySeconds * BytesPerSecond));
        report.Exchanged(Tool.Libtorrent, "six viewers gave each other", results.Sum(r => r.PeerBytes));
    }

    private static async Task<LegResult> Watch(Film film, Uri url, SwarmstreamNode node, LabHost host, double seconds, CancellationToken stop)
    {
        var played = await new ByteClockReader(film, url, node.Proxy) { NewSocket = host.NewSocket }.PlayAsync([new(0, seconds)], stop);
        return played.First;
    }

    private static void Tell(Report report, string who, IEnumerable<double> startups, IEnumerable<double> stalls, long originBytes, long oneBytes) =>
        report.Note(who, FormattableString.Invariant(
            $"startup {Statistics.Spread([.. startups], "s")}; stall ratio mean {stalls.Average():F3}, worst {stalls.Max():F3}; origin {originBytes / 1e6:F1} MB = {(double)originBytes / oneBytes:F2} × one viewer"));

    /// <summary>The site, its tracker and six empty machines.</summary>
    private sealed class Site
    {
        private readonly LabNetwork _network;

        private Site(LabNetwork network, Nginx nginx, Film film, Torrent torrent, Film warmUp, Uri warmUpUrl) =>
            (_network, Nginx, Film, Torrent, WarmUp, WarmUpUrl) = (network, nginx, film, torrent, warmUp, warmUpUrl);

        public Nginx Nginx { get; }

        public Film Film { get; }

        public Torrent Torrent { get; }

        public Film WarmUp { get; }

        public LabHost Origin => _network.Hosts[0];

        public Uri Url => UrlOf(Origin, Nginx, Film);

        public Uri WarmUpUrl { get; }

        public LabHost Viewer(int i) => _network.Hosts[2 + i];

        public static async Task<Site> StartAsync(Bench bench, CancellationToken stop)
        {
            // The origin's uplink is thin; the tracker's line is its own. Round trips of viewers to the middle: 10 to 60 ms, uplinks of 8 to 10 Mbit/s.
            List<LineRate> lines = [new(OriginBits, 1e9, TimeSpan.FromMilliseconds(20)), new(1e9, 1e9, TimeSpan.FromMilliseconds(5))];
            for (var i = 0; i < Viewers; i++)
            {
                lines.Add(new(8e6 + (i % 3 * 1e6), DownBits, TimeSpan.FromMilliseconds(5 + (5 * i))));
            }

            var network = await LabNetwork.StartAsync(bench, lines, stop);
            var nginx = await Nginx.StartAsync(bench, null, stop, network.Hosts[0]);
            var announce = Opentracker.AnnounceUrl(TrackerPort, network.Hosts[1]);
            var elsewhere = await Nginx.StartAsync(bench, null, stop, network.Hosts[1]);
            var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 5, BytesPerSecond);
            var warmUp = Film.Noise("short.mp4", (int)BytesPerSecond, 6, BytesPerSecond);
            var torrents = new List<Torrent>();
            foreach (var (server, f) in new[] { (nginx, film), (elsewhere, warmUp) })
            {
                server.Publish(f.Name, f.Content);
                torrents.Add(await Torrent.CreateAsync(
                    bench, Path.Combine(server.Root, f.Name), Path.Combine(server.Root, f.Name + ".torrent"), stop, "hybrid", 256 * 1024, announce));
            }

            await Opentracker.StartAsync(bench, TrackerPort, torrents, stop, network.Hosts[1]);
            return new(network, nginx, film, torrents[0], warmUp, UrlOf(network.Hosts[1], elsewhere, warmUp));
        }

        private static Uri UrlOf(LabHost host, Nginx server, Film film) => new($"http://{host.Address}:{server.Port}/{film.Name}");
    }
}
