using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Thirty people want one file of a site whose line carries 10 Mbit/s: fifteen by curl through five nodes of ours, as five households or offices share
/// them, and fifteen by stock clients with the printed magnet. Thirty by plain HTTP are the yardstick, in the same run.
/// </summary>
public sealed class ThirtyClientsScenario : IScenario
{
    /// <summary>A minute of the site's line.</summary>
    private const int FilmBytes = 64 << 20;

    /// <summary>Thirty copies of the film would take half an hour: a part of it tells the same rate.</summary>
    private const int PlainBytes = 2 << 20;

    private const int Nodes = 5;
    private const int CurlsPerNode = 3;
    private const int LibtorrentClients = 12;
    private const int QbittorrentClients = 3;
    private const int Visitors = Nodes + LibtorrentClients + QbittorrentClients;
    private const int People = (Nodes * CurlsPerNode) + LibtorrentClients + QbittorrentClients;
    private const int TrackerPort = 6969;

    // nginx, the seeding node and whatever else the site's machine sends share this line.
    private static readonly LineRate SiteLine = new(10e6, 1e9, TimeSpan.FromMilliseconds(10));
    private static readonly LineRate TrackerLine = new(1e9, 1e9, TimeSpan.FromMilliseconds(5));

    private static readonly TimeSpan PlainLimit = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan SwarmLimit = TimeSpan.FromSeconds(480);

    public string Name => "thirty-clients";

    public string Holds => "nginx at 10 Mbit/s with 'seed --root' beside it and a tracker of ours: 15 curls through 5 nodes and 15 stock clients have identical files, nginx sends ≤ 1.3 × the file; 30 curls by plain HTTP beside it";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Libtorrent, Tool.Qbittorrent, Tool.Curl];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        // Home lines of 10 to 20 Mbit/s up, round trips to the site of 30 to 60 ms.
        var homes = Enumerable.Range(0, Visitors).Select(static i => new LineRate(10e6 + (i % 3 * 5e6), 50e6, TimeSpan.FromMilliseconds(5 + (i % 4 * 5))));
        var network = await LabNetwork.StartAsync(bench, [SiteLine, TrackerLine, .. homes], stop);
        var root = bench.NewFolder("www");
        var nginx = await DebianNginx.StartAsync(bench, network.Hosts[0], root, stop);
        var plainSeconds = await PlainAsync(bench, report, network, nginx, root, stop);
        var swarmSeconds = await SwarmAsync(bench, report, network, nginx, root, stop);
        report.AtMost("slowest of thirty over plain HTTP's slowest", swarmSeconds / plainSeconds, 1, "");
    }

    /// <returns>Seconds that the slowest of thirty would take for the whole film.</returns>
    private static async Task<double> PlainAsync(Bench bench, Report report, LabNetwork network, DebianNginx nginx, string root, CancellationToken stop)
    {
        var film = Film.Noise("plain.mp4", PlainBytes, 51, 1_000_000);
        var file = Path.Combine(root, film.Name);
        await File.WriteAllBytesAsync(file, film.Content, stop);
        var url = new Uri(nginx.Url, film.Name);
        var folder = bench.NewFolder("plain");
        var seconds = await Task.WhenAll(Enumerable.Range(0, People).Select(
            i => CurlAsync(bench, network.Hosts[2 + (i % Visitors)], ["-o", Path.Combine(folder, $"{i}"), url.AbsoluteUri], PlainLimit, stop)));
        File.Delete(file);
        await SameAsync(report, "plain HTTP", film, Enumerable.Range(0, People).Select(i => Path.Combine(folder, $"{i}")), stop);
        var sent = nginx.SentOf(url.AbsolutePath);
        const double Scale = (double)FilmBytes / PlainBytes;
        report.Note("plain HTTP, 30 curls", FormattableString.Invariant(
            $"{Mebibytes(PlainBytes)}: {Statistics.Spread(seconds, "s")}; nginx sent {(double)sent / PlainBytes:F1} × the file; for {Mebibytes(FilmBytes)} (× {Scale:F0}) the slowest {seconds.Max() * Scale:F0} s"));
        report.Exchanged(Tool.Curl, "took by plain HTTP", sent);
        return seconds.Max() * Scale;
    }

    /// <returns>Seconds of the slowest of thirty.</returns>
    private static async Task<double> SwarmAsync(Bench bench, Report report, LabNetwork network, DebianNginx nginx, string root, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmBytes, 52, 1_000_000);
        var file = Path.Combine(root, film.Name);
        await File.WriteAllBytesAsync(file, film.Content, stop);

        // libtorrent makes the same torrent: what the tracker is told to track, and the witness of the infohash.
        var torrent = await Torrent.CreateAsync(bench, file, Path.Combine(bench.Folder, "film.torrent"), stop);
        var tracker = new Uri($"udp://{network.Hosts[1].Address}:{TrackerPort}/announce");
        await using var tracks = await SwarmstreamNode.StartOnAsync(
            bench, network.Hosts[1], stop, "--tracker-listen", $"{tracker.Authority}", "--torrent", torrent.File);
        var seeding = await SeedingNode.StartAsync(bench, network.Hosts[0], root, nginx.Url, tracker, stop);
        await nginx.IncludeAsync(seeding.Snippet, stop);
        var published = await seeding.EventAsync("published", film.Name, 1, stop);
        report.Equal("infohash v2, ours = libtorrent's", published.GetProperty("infohash_v2").GetString(), torrent.V2);
        var magnet = published.GetProperty("magnet").GetString()!;
        var url = new Uri(published.GetProperty("url").GetString()!);

        var nodes = new List<SwarmstreamNode>();
        foreach (var host in network.Hosts.Skip(2).Take(Nodes))
        {
            nodes.Add(await SwarmstreamNode.StartOnAsync(bench, host, stop, "--share", "reading"));
        }

        var tasks = network.Hosts.Skip(2 + Nodes).Select(host => new StockTask(host, bench.NewFolder("stock"), torrent, magnet)).ToList();
        var crowd = await LibtorrentCrowd.StartAsync(bench, [.. tasks.Take(LibtorrentClients)], stop);
        var curls = bench.NewFolder("curls");
        bench.OnFailure(() => FormattableString.Invariant($"nginx's log says {nginx.SentOf(url.AbsolutePath)} B; on the disk: {string.Join(", ", Directory.EnumerateFiles(curls).Select(static f => new FileInfo(f).Length))}"));
        bench.OnFailure(() => $"libtorrent: {crowd.Last}");
        var lineBefore = network.Hosts[0].Counters.SentBytes;
        var clock = Stopwatch.StartNew();
        var libtorrent = crowd.TakeAsync(magnet, SwarmLimit, stop);
        var qbittorrent = tasks.Skip(LibtorrentClients).Select(task => QbittorrentAsync(bench, task, clock, stop)).ToList();
        var throughNodes = await Task.WhenAll(nodes.SelectMany((node, n) => Enumerable.Range(0, CurlsPerNode).Select(
            i => CurlAsync(bench, network.Hosts[2 + n], ["-x", $"http://{node.Proxy}", "-o", Path.Combine(curls, $"{n}-{i}"), url.AbsoluteUri], SwarmLimit, stop))));
        var (byLibtorrent, byQbittorrent) = (await libtorrent, await Task.WhenAll(qbittorrent));
        var took = clock.Elapsed.TotalSeconds;
        var lineSent = network.Hosts[0].Counters.SentBytes - lineBefore;

        await SameAsync(report, "curls through nodes", film, Directory.EnumerateFiles(curls), stop);
        await SameAsync(report, "stock clients", film, tasks.Select(t => Path.Combine(t.Folder, film.Name)), stop);
        var sent = nginx.SentOf(url.AbsolutePath);
        report.AtMost("nginx's log over the file", (double)sent / FilmBytes, 1.3, "");
        report.Note("of that, by who asked", string.Join(", ", nginx.SentByAgent(url.AbsolutePath).OrderByDescending(static a => a.Value).Select(
            static a => FormattableString.Invariant($"{a.Key} {(double)a.Value / FilmBytes:F2}"))));
        report.Note("15 curls through 5 nodes", $"{Mebibytes(FilmBytes)}: {Statistics.Spread(throughNodes, "s")}");
        report.Note($"{LibtorrentClients} libtorrent", Statistics.Spread([.. byLibtorrent], "s"));
        report.Note($"{QbittorrentClients} qBittorrent, their start included", Statistics.Spread([.. byQbittorrent.Select(static c => c.Seconds)], "s"));
        report.Note("all the site's machine sent, in packets", FormattableString.Invariant(
            $"{(double)lineSent / FilmBytes:F2} × the file (nginx, the seed beside it, torrents, announces)"));
        double peers = 0;
        foreach (var node in nodes)
        {
            peers += await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop);
        }

        report.AtLeast("of peers, through five nodes", peers, FilmBytes, "B");
        report.Note("libtorrent took, over its files", FormattableString.Invariant($"{(double)crowd.TookBytes / LibtorrentClients / FilmBytes:F2}"));
        report.Exchanged(Tool.Nginx, "sent", sent);
        report.Exchanged(Tool.Libtorrent, "gave", crowd.GaveBytes);
        report.Exchanged(Tool.Qbittorrent, "took", byQbittorrent.Sum(static c => c.TookBytes));
        return took;
    }

    private static async Task<double> CurlAsync(Bench bench, LabHost host, string[] arguments, TimeSpan limit, CancellationToken stop) => double.Parse(
        await CurlCommand.RunAsync(bench, host, ["-sS", "-w", "%{time_total}\\n", .. arguments], limit, stop), CultureInfo.InvariantCulture);

    private static async Task<(double Seconds, long TookBytes)> QbittorrentAsync(Bench bench, StockTask task, Stopwatch clock, CancellationToken stop)
    {
        var peer = await QbittorrentPeer.StartAsync(bench, task, stop);
        var counters = new PeerCounters(0, 0, 0, 0, false);
        var done = await Poll.UntilAsync(async cancel => (counters = await peer.CountersAsync(cancel)).Seeding, SwarmLimit, stop);
        return done ? (clock.Elapsed.TotalSeconds, counters.DownloadedBytes) : throw new LabException($"qBittorrent at {peer.Endpoint} is not done: {counters}");
    }

    private static async Task SameAsync(Report report, string what, Film film, IEnumerable<string> files, CancellationToken stop)
    {
        var wanted = Convert.ToHexString(SHA256.HashData(film.Content));
        var (same, all) = (0, 0);
        foreach (var file in files)
        {
            await using var content = File.OpenRead(file);
            same += Convert.ToHexString(await SHA256.HashDataAsync(content, stop)) == wanted ? 1 : 0;
            all++;
        }

        report.Equal($"{what}: identical files (sha256)", same, all);
    }

    private static string Mebibytes(int bytes) => FormattableString.Invariant($"{bytes / (1 << 20)} MiB");
}
