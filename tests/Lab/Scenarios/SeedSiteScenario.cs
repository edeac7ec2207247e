using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A site as its owner makes it a swarm: Debian's nginx plus the printed lines, <c>seed --root</c> beside it, opentracker. Its visitors are stock
/// clients with the printed magnet, a plain curl, and a Swarm node elsewhere; then the file is replaced under five of them.
/// </summary>
public sealed class SeedSiteScenario : IScenario
{
    private const int FilmBytes = (8 << 20) + 12_345;
    private const int LongBytes = 24 << 20;
    private const int TrackerPort = 6969;

    // The site's line while the file is replaced: the five are on their way for about a quarter of a minute.
    private static readonly LineRate SiteLine = new(64e6, 64e6, TimeSpan.FromMilliseconds(5));

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string Name => "seed-site";

    public string Holds => "Debian's nginx with the printed lines and 'seed --root' beside it: Link, infohashes of libtorrent, magnets that libtorrent and qBittorrent finish, a web seed that aria2 finishes, peers in a Swarm node's receipt; a file replaced under five downloads never mixes";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Qbittorrent, Tool.Aria2, Tool.Curl];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [SiteLine, .. Enumerable.Repeat(LineRate.Unlimited, 5)], stop);
        var site = network.Hosts[0];
        var root = bench.NewFolder("www");
        var film = Film.Noise("my film (1).mp4", FilmBytes, 41, 1_000_000);
        var before = Film.Noise("long.mp4", LongBytes, 42, 1_000_000);
        var after = Film.Noise("long.mp4", LongBytes, 43, 1_000_000);
        Directory.CreateDirectory(Path.Combine(root, "films"));
        await File.WriteAllBytesAsync(Path.Combine(root, "films", film.Name), film.Content, stop);
        await File.WriteAllBytesAsync(Path.Combine(root, before.Name), before.Content, stop);

        // libtorrent makes the same torrents by itself: the witness of the infohashes, and what the tracker's white list needs.
        var announce = Opentracker.AnnounceUrl(TrackerPort, site);
        var apart = bench.NewFolder("apart");
        await File.WriteAllBytesAsync(Path.Combine(apart, after.Name), after.Content, stop);
        var filmTorrent = await Torrent.CreateAsync(bench, Path.Combine(root, "films", film.Name), Path.Combine(apart, "film.torrent"), stop);
        var beforeTorrent = await Torrent.CreateAsync(bench, Path.Combine(root, before.Name), Path.Combine(apart, "before.torrent"), stop);
        var afterTorrent = await Torrent.CreateAsync(bench, Path.Combine(apart, after.Name), Path.Combine(apart, "after.torrent"), stop);
        var tracker = await Opentracker.StartAsync(bench, TrackerPort, [filmTorrent, beforeTorrent, afterTorrent], stop, site);

        var nginx = await DebianNginx.StartAsync(bench, site, root, stop);
        var node = await SeedingNode.StartAsync(bench, site, root, nginx.Url, announce, stop);
        await nginx.IncludeAsync(node.Snippet, stop);
        var path = $"films/{film.Name}";
        var published = await node.EventAsync("published", path, 1, stop);
        report.Equal("infohash v1, ours = libtorrent's", published.GetProperty("infohash_v1").GetString(), filmTorrent.V1);
        report.Equal("infohash v2, ours = libtorrent's", published.GetProperty("infohash_v2").GetString(), filmTorrent.V2);
        var url = new Uri(published.GetProperty("url").GetString()!);
        var magnet = published.GetProperty("magnet").GetString()!;
        var head = await CurlAsync(bench, network.Hosts[4], ["-sI", url.AbsoluteUri], stop);
        report.True("curl -sI shows Link to its torrent", head.Contains($"Link: </.swarm{url.AbsolutePath}.torrent>; rel=describedby; type=\"application/x-bittorrent\"", StringComparison.Ordinal), Line(head, "Link:"));
        report.True("curl -sI shows a strong ETag", Line(head, "ETag:").StartsWith("ETag: \"", StringComparison.Ordinal), Line(head, "ETag:"));
        var hidden = await CurlAsync(bench, network.Hosts[4], ["-sI", new Uri(nginx.Url, ".swarm/none.torrent").AbsoluteUri], stop);
        report.True("no torrent of what is not there", hidden.StartsWith("HTTP/1.1 404", StringComparison.Ordinal) && Line(hidden, "Link:").Length == 0, hidden.Split('\n')[0]);

        await tracker.WaitForSeedsAsync(filmTorrent, 1, stop);
        await TakesAsync(bench, report, "libtorrent, by the magnet", Tool.Libtorrent, film, filmTorrent, magnet, network.Hosts[1], LibtorrentAsync, stop);
        await TakesAsync(bench, report, "qBittorrent, by the magnet", Tool.Qbittorrent, film, filmTorrent, magnet, network.Hosts[2], async (b, t) => await QbittorrentPeer.StartAsync(b, t, stop), stop);
        await WebSeedAloneAsync(bench, report, film, url, nginx, network.Hosts[3], published.GetProperty("torrent_url").GetString()!, stop);

        await using (var elsewhere = await SwarmstreamNode.StartOnAsync(bench, network.Hosts[4], stop))
        {
            var got = bench.NewFolder("curl");
            await CurlAsync(bench, network.Hosts[4], ["-s", "-x", $"http://{elsewhere.Proxy}", "-o", Path.Combine(got, "film"), url.AbsoluteUri], stop);
            var body = await File.ReadAllBytesAsync(Path.Combine(got, "film"), stop);
            report.True("curl -x a Swarm node elsewhere: identical", body.AsSpan().SequenceEqual(film.Content), $"{body.Length} B");
            var receipt = (await elsewhere.ReceiptsAsync(Path.GetFileName(url.AbsolutePath), stop))[0];
            report.AtLeast("bytes of peers in its receipt", receipt.PeerBytes, 1, "B");
            var said = new List<string>();
            await using var doctor = elsewhere.Type(bench.Reaper, ["doctor", "--site", url.AbsoluteUri, "--allow-target", LabNetwork.Net, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"], home: got, onLine: said.Add);
            report.Equal("doctor --site: exit code", await doctor.WaitForExitAsync(Limit, stop), 0);
            report.True("doctor --site: link, pieces, web seed, tracker and peer are well", said.Count(l => l.StartsWith("ok    swarm", StringComparison.Ordinal)) == 5, string.Join("; ", said.Where(l => l.Contains(" swarm ", StringComparison.Ordinal)).Select(l => l.Trim())));
        }

        await ReplaceAsync(bench, report, network, nginx, node, root, before, after, (beforeTorrent, afterTorrent), stop);
        report.AtMost("seconds to end", (await node.TerminateAsync()).TotalSeconds, 5, "s");

        async Task<IStockPeer> LibtorrentAsync(Bench own, StockTask task) => await LibtorrentPeer.StartAsync(own, task, stop);
    }

    private static async Task TakesAsync(
        Bench bench, Report report, string what, Tool tool, Film film, Torrent torrent, string magnet, LabHost host, Func<Bench, StockTask, Task<IStockPeer>> start, CancellationToken stop)
    {
        var folder = bench.NewFolder("leech");
        await using var own = new Bench(bench.Log);
        await using var peer = await start(own, new(host, folder, torrent, magnet));
        var done = await Poll.UntilAsync(async cancel => (await peer.CountersAsync(cancel)).Seeding, Limit, stop);
        var file = Path.Combine(folder, film.Name);
        var got = File.Exists(file) ? await File.ReadAllBytesAsync(file, stop) : [];
        report.True($"{what}: identical", done && got.AsSpan().SequenceEqual(film.Content), $"{got.Length} B");
        report.Exchanged(tool, $"({what}) took", (await peer.CountersAsync(stop)).DownloadedBytes);
    }

    /// <summary>aria2 with the site's torrent and nobody to ask but the web server.</summary>
    private static async Task WebSeedAloneAsync(Bench bench, Report report, Film film, Uri url, DebianNginx nginx, LabHost host, string torrentUrl, CancellationToken stop)
    {
        var folder = bench.NewFolder("aria2");
        var sentBefore = nginx.SentOf(url.AbsolutePath);
        var torrent = Path.Combine(folder, "site.torrent");
        await CurlAsync(bench, host, ["-s", "-o", torrent, torrentUrl], stop);
        var (program, inside) = host.Inside(Tool.Aria2.Program,
            ["--no-conf", $"--dir={folder}", "--bt-exclude-tracker=*", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
             "--seed-time=0", "--file-allocation=none", "--disable-ipv6=true", torrent]);
        await using var aria2 = ChildProcess.Start(bench.Reaper, program, inside, folder: folder);
        var exit = await aria2.WaitForExitAsync(Limit, stop);
        var file = Path.Combine(folder, film.Name);
        var got = File.Exists(file) ? await File.ReadAllBytesAsync(file, stop) : [];
        report.True("aria2, by the web seed alone: identical, exit 0", exit == 0 && got.AsSpan().SequenceEqual(film.Content), $"{got.Length} B");
        report.Exchanged(Tool.Nginx, "sent aria2", nginx.SentOf(url.AbsolutePath) - sentBefore);
        report.Exchanged(Tool.Aria2, "took", got.Length);
    }

    /// <summary>Three downloads through Swarm nodes and two of libtorrent are on their way when the file is replaced.</summary>
    private static async Task ReplaceAsync(
        Bench bench, Report report, LabNetwork network, DebianNginx nginx, SeedingNode node, string root, Film before, Film after, (Torrent Old, Torrent New) torrents, CancellationToken stop)
    {
        var published = await node.EventAsync("published", before.Name, 1, stop);
        report.Equal("infohash of the old version, ours = libtorrent's", published.GetProperty("infohash_v2").GetString(), torrents.Old.V2);
        var url = new Uri(published.GetProperty("url").GetString()!);
        var magnet = published.GetProperty("magnet").GetString()!;
        var nodes = new List<SwarmstreamNode>();
        foreach (var host in network.Hosts.Skip(3))
        {
            nodes.Add(await SwarmstreamNode.StartOnAsync(bench, host, stop));
        }

        long moved = 0;
        var downloads = nodes.Select((n, i) => Download.GetAsync(
            url, n.Proxy, stop, bytes => Interlocked.Exchange(ref moved, Math.Max(bytes, Interlocked.Read(ref moved))), newSocket: network.Hosts[3 + i].NewSocket)).ToList();
        // By peers alone, for what its web seed gives is nginx's.
        var peersOnly = string.Join('&', magnet.Split('&').Where(static p => !p.StartsWith("ws=", StringComparison.Ordinal)));
        var folders = new[] { bench.NewFolder("old-leech"), bench.NewFolder("old-leech") };
        var leeches = new List<IStockPeer>();
        foreach (var (folder, i) in folders.Select((f, i) => (f, i)))
        {
            leeches.Add(await LibtorrentPeer.StartAsync(bench, new StockTask(network.Hosts[1 + i], folder, torrents.Old, peersOnly), stop));
        }

        report.True("all five are on their way when it is replaced", await Poll.UntilAsync(
            async cancel => Interlocked.Read(ref moved) > 1 << 20 && (await Task.WhenAll(leeches.Select(l => l.CountersAsync(cancel)))).All(c => c.DownloadedBytes > 0 && !c.Seeding), Limit, stop)
            && downloads.TrueForAll(static d => !d.IsCompleted), $"{Interlocked.Read(ref moved)} B");
        var fresh = Path.Combine(root, ".fresh");
        await File.WriteAllBytesAsync(fresh, after.Content, stop);
        File.Move(fresh, Path.Combine(root, before.Name), overwrite: true);

        await node.EventAsync("retired", before.Name, 1, stop);
        var again = await node.EventAsync("published", before.Name, 2, stop);
        report.Equal("infohash of the new version, ours = libtorrent's", again.GetProperty("infohash_v2").GetString(), torrents.New.V2);
        foreach (var (download, i) in (await Task.WhenAll(downloads)).Select((d, i) => (d, i)))
        {
            var verdict = download.Judge(before.Content, after.Content);
            report.True($"download {i + 1} through a Swarm node: one version or an honest end", verdict != Verdict.Mixed, $"{verdict}, {download.Body.Length} B");
        }

        foreach (var (leech, i) in leeches.Select((l, i) => (l, i)))
        {
            var counters = await leech.CountersAsync(stop);
            report.Equal($"libtorrent {i + 1} under the old infohash: wrong bytes", counters.HashFailedBytes, 0L);
            report.Exchanged(Tool.Libtorrent, $"(old version, {i + 1}) took", counters.DownloadedBytes);
        }

        var link = Line(await CurlAsync(bench, network.Hosts[4], ["-sI", url.AbsoluteUri], stop), "Link:").Split('<', '>').ElementAtOrDefault(1) ?? "none";
        var linked = Path.Combine(folders[0], "linked.torrent");
        await CurlAsync(bench, network.Hosts[4], ["-s", new Uri(nginx.Url, link).AbsoluteUri, "-o", linked], stop);
        report.True(
            "the Link leads to the new version's torrent (its pieces root is there)",
            (await File.ReadAllBytesAsync(linked, stop)).AsSpan().IndexOf(new HashTree(after.Content).Root) >= 0, link);
    }

    private static async Task<string> CurlAsync(Bench bench, LabHost host, string[] arguments, CancellationToken stop)
    {
        var lines = new List<string>();
        var (program, inside) = host.Inside(Tool.Curl.Program, arguments);
        await using var curl = ChildProcess.Start(bench.Reaper, program, inside, onLine: l =>
        {
            lock (lines)
            {
                lines.Add(l);
            }
        });
        var exit = await curl.WaitForExitAsync(Limit, stop);
        return exit == 0 ? string.Join('\n', lines) : throw new LabException($"curl {string.Join(' ', arguments)} ended with {exit}");
    }

    private static string Line(string head, string name) => head.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.OrdinalIgnoreCase))?.TrimEnd() ?? "";
}
