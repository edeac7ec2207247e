using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Six viewers, each on a machine of its own behind a home line, open one film at once on a site whose uplink carries one and a half of it.
/// The same with a v1 torrent, with libtorrent and with WebTorrent in their place, in the same run.
/// </summary>
public sealed class FlashCrowdScenario(IReadOnlyList<string> parts) : IScenario
{
    private const int Viewers = 6;
    private const double BytesPerSecond = 750_000;
    private const int FilmSeconds = 60;
    private const int WarmUpSeconds = 8;
    private const double PlaySeconds = 30;
    private const double OriginBits = 9e6;
    private const double DownBits = 50e6;
    private const int TrackerPort = 6969;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(80);

    public static IReadOnlyList<string> Parts { get; } = ["ours", "share-off", "v1", "libtorrent", "webtorrent"];

    public string Name => "flash-crowd";

    public string Holds => "six viewers behind an origin of 1.5 × the bitrate: stall ratio ≤ 0.02 (v1 ≤ 0.1), startup ≤ 3.5 s, origin ≤ 1.6 × what one needs; libtorrent and WebTorrent beside it (flash-crowd:v1 for one part)";

    public IReadOnlyList<Tool> Needs => parts is ["webtorrent"] ? [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Node] : [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public IScenario? Part(string part) => Parts.Contains(part) ? new FlashCrowdScenario([part]) : null;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        foreach (var part in parts)
        {
            await (part switch
            {
                "ours" => OursAsync(bench, report, stop),
                "share-off" => ShareOffAsync(bench, report, stop),
                "v1" => V1Async(bench, report, stop),
                "libtorrent" => LibtorrentAsync(bench, report, stop),
                _ => WebTorrentAsync(bench, report, stop),
            });
        }
    }

    private static async Task OursAsync(Bench bench, Report report, CancellationToken stop)
    {
        var all = await PlayAsync(bench, "ours", report, freeRiders: 0, "hybrid", stop);
        report.AtMost("stall ratio, mean of six", all.Average(r => r.StallRatio), 0.02, "");
        report.AtMost("startup, slowest of six", all.Max(r => r.StartupSeconds), 3.5, "s");
        report.Equal("wrong bytes", all.Sum(r => r.WrongBytes), 0L);
    }

    private static async Task ShareOffAsync(Bench bench, Report report, CancellationToken stop)
    {
        var one = await PlayAsync(bench, "ours, one with --share off", report, freeRiders: 1, "hybrid", stop);
        report.AtMost("stall ratio of the one with --share off", one[^1].StallRatio, 0.1, "");
        report.Equal("wrong bytes beside it", one.Sum(r => r.WrongBytes), 0L);
    }

    /// <summary>Nobody can prove less than a piece of 256 KiB, so nobody can serve less.</summary>
    private static async Task V1Async(Bench bench, Report report, CancellationToken stop)
    {
        var all = await PlayAsync(bench, "ours, v1 with pieces of 256 KiB", report, freeRiders: 0, "v1", stop);
        report.AtMost("v1: stall ratio, mean of six", all.Average(r => r.StallRatio), 0.1, "");
        report.Equal("v1: wrong bytes", all.Sum(r => r.WrongBytes), 0L);
    }

    private static Task LibtorrentAsync(Bench bench, Report report, CancellationToken stop) => PlayStockAsync(
        bench, report, "libtorrent with deadlines", Tool.Libtorrent,
        (b, site, i) => StockViewer.StartLibtorrent(b, site.Viewer(i), site.Torrent, site.Film, site.Url, PlaySeconds, Limit), stop);

    private static async Task WebTorrentAsync(Bench bench, Report report, CancellationToken stop)
    {
        string installed;
        try
        {
            installed = await WebTorrentPeer.InstallAsync(bench, stop);
        }
        catch (UnavailableException e)
        {
            // It costs its own part only: what the others show stands without it.
            report.Note(WebTorrentPeer.VersionText, $"skipped: {e.Message}");
            return;
        }

        await PlayStockAsync(
            bench, report, WebTorrentPeer.VersionText, Tool.Node,
            (b, site, i) => StockViewer.StartWebTorrent(b, site.Viewer(i), site.Torrent, site.Film, site.Url, PlaySeconds, Limit, installed), stop);
    }

    private static async Task<IReadOnlyList<LegResult>> PlayAsync(Bench outer, string who, Report report, int freeRiders, string kind, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var site = await Site.StartAsync(bench, kind, stop);
        var nodes = new List<SwarmstreamNode>();
        for (var i = 0; i < Viewers; i++)
        {
            nodes.Add(await SwarmstreamNode.StartOnAsync(bench, site.Viewer(i), stop, "--share", i >= Viewers - freeRiders ? "off" : "reading"));
        }

        // A viewer's node runs for days: its code is compiled. Here six share two cores, and half of a first visit's start is their compilers. So they watch
        // a film before, from another site of its own thin line: the visit begins with no connection open and no torrent known.
        await Task.WhenAll(nodes.Select((node, i) => Watch(site.WarmUp, site.WarmUpUrl, node, site.Viewer(i), site.WarmUp.Seconds, stop)));
        var before = site.Origin.Counters.SentBytes;
        var peerBytesBefore = await PeerBytesAsync(nodes, stop);
        var results = await Task.WhenAll(nodes.Select((node, i) => Watch(site.Film, site.Url, node, site.Viewer(i), PlaySeconds, stop)));
        var sent = site.Origin.Counters.SentBytes - before;
        var peerBytes = await PeerBytesAsync(nodes, stop) - peerBytesBefore;
        Tell(report, who, results.Select(r => r.StartupSeconds), results.Select(r => r.StallRatio), sent, results.Max(r => r.Bytes));
        if (freeRiders == 0 && kind == "hybrid")
        {
            report.AtMost("origin over what one viewer took", (double)sent / results.Max(r => r.Bytes), 1.6, "");
        }

        report.True($"{who}: viewers served each other", peerBytes > 0, $"{peerBytes / 1e6:F1} MB");
        report.Exchanged(Tool.Nginx, $"sent ({who})", sent);
        return results;
    }

    private static async Task<double> PeerBytesAsync(List<SwarmstreamNode> nodes, CancellationToken stop)
    {
        double sum = 0;
        foreach (var node in nodes)
        {
            sum += await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop);
        }

        return sum;
    }

    private static async Task PlayStockAsync(
        Bench outer, Report report, string who, Tool tool, Func<Bench, Site, int, StockViewer> start, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var site = await Site.StartAsync(bench, "hybrid", stop);
        var before = site.Origin.Counters.SentBytes;
        var viewers = Enumerable.Range(0, Viewers).Select(i => start(bench, site, i)).ToList();
        var results = new List<(double StartupSeconds, double StallRatio, long PeerBytes)>();
        foreach (var viewer in viewers)
        {
            results.Add(await viewer.PlayedAsync(stop));
        }

        var sent = site.Origin.Counters.SentBytes - before;
        Tell(report, who, results.Select(r => r.StartupSeconds), results.Select(r => r.StallRatio), sent, (long)(PlaySeconds * BytesPerSecond));
        report.Exchanged(tool, $"six viewers ({who}) gave each other", results.Sum(r => r.PeerBytes));
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

        public LabHost Viewer(int i) => _network.Hosts[3 + i];

        public static async Task<Site> StartAsync(Bench bench, string kind, CancellationToken stop)
        {
            // The origin's uplink is thin; the tracker's line is its own. Round trips of viewers to the middle: 10 to 60 ms, uplinks of 8 to 10 Mbit/s.
            var origin = new LineRate(OriginBits, 1e9, TimeSpan.FromMilliseconds(20));
            List<LineRate> lines = [origin, new(1e9, 1e9, TimeSpan.FromMilliseconds(5)), origin];
            for (var i = 0; i < Viewers; i++)
            {
                lines.Add(new(8e6 + (i % 3 * 1e6), DownBits, TimeSpan.FromMilliseconds(5 + (5 * i))));
            }

            var network = await LabNetwork.StartAsync(bench, lines, stop);
            var nginx = await Nginx.StartAsync(bench, null, stop, network.Hosts[0]);
            var announce = Opentracker.AnnounceUrl(TrackerPort, network.Hosts[1]);
            var elsewhere = await Nginx.StartAsync(bench, null, stop, network.Hosts[2]);
            var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 5, BytesPerSecond);
            var warmUp = Film.Noise("short.mp4", WarmUpSeconds * (int)BytesPerSecond, 6, BytesPerSecond);
            var torrents = new List<Torrent>();
            foreach (var (server, f) in new[] { (nginx, film), (elsewhere, warmUp) })
            {
                server.Publish(f.Name, f.Content);
                torrents.Add(await Torrent.CreateAsync(
                    bench, Path.Combine(server.Root, f.Name), Path.Combine(server.Root, f.Name + ".torrent"), stop, kind, 256 * 1024, announce));
            }

            await Opentracker.StartAsync(bench, TrackerPort, torrents, stop, network.Hosts[1]);
            return new(network, nginx, film, torrents[0], warmUp, UrlOf(network.Hosts[2], elsewhere, warmUp));
        }

        private static Uri UrlOf(LabHost host, Nginx server, Film film) => new($"http://{host.Address}:{server.Port}/{film.Name}");
    }
}
