using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A site as its owner makes it a swarm: Debian's nginx plus the printed lines, <c>seed --root</c> beside it, opentracker. Its visitors are stock
/// clients with the printed magnet, a plain curl, and a Swarm node elsewhere; then a file is replaced, and another one rewritten in place, under five of them.
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

    public string Holds => "Debian's nginx with the printed lines and 'seed --root' beside it: Link, infohashes of libtorrent, magnets that libtorrent and qBittorrent finish, a web seed that aria2 finishes, peers in a Swarm node's receipt; a file replaced, or rewritten in place, under five downloads never mixes";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Qbittorrent, Tool.Aria2, Tool.Curl];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [SiteLine, .. Enumerable.Repeat(LineRate.Unlimited, 5)], stop);
        var site = network.Hosts[0];
        var root = bench.NewFolder("www");
        var film = Film.Noise("my film (1).mp4", FilmBytes, 41, 1_000_000);
        var changes = new[] { Change.Of("long.mp4", 42, isInPlace: false), Change.Of("rewritten.mp4", 44, isInPlace: true) };
        Directory.CreateDirectory(Path.Combine(root, "films"));
        await File.WriteAllBytesAsync(Path.Combine(root, "films", film.Name), film.Content, stop);

        // libtorrent makes the same torrents by itself: the witness of the infohashes, and what the tracker's white list needs.
        var announce = Opentracker.AnnounceUrl(TrackerPort, site);
        var apart = bench.NewFolder("apart");
        var filmTorrent = await Torrent.CreateAsync(bench, Path.Combine(root, "films", film.Name), Path.Combine(apart, "film.torrent"), stop);
        foreach (var change in changes)
        {
            await change.PrepareAsync(bench, root, apart, stop);
        }

        var tracker = await Opentracker.StartAsync(bench, TrackerPort, [filmTorrent, .. changes.SelectMany(static c => new[] { c.Old, c.New })], stop, site);

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

        foreach (var change in changes)
        {
            await using var own = new Bench(bench.Log);
            await ReplaceAsync(own, report, network, nginx, node, root, change, stop);
        }

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

    /// <summary>Three downloads through Swarm nodes and two of libtorrent are on their way when the file becomes another one.</summary>
    private static async Task ReplaceAsync(
        Bench bench, Report report, LabNetwork network, DebianNginx nginx, SeedingNode node, string root, Change change, CancellationToken stop)
    {
        var (before, after) = (change.Before, change.After);
        var published = await node.EventAsync("published", before.Name, 1, stop);
        report.Equal($"{change.What}: infohash of the old version, ours = libtorrent's", published.GetProperty("infohash_v2").GetString(), change.Old.V2);
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
        var folders = new[] { bench.NewFolder("old-leech"), bench.NewFolder("old-leech") };
        var leeches = new List<IStockPeer>();
        foreach (var (folder, i) in folders.Select((f, i) => (f, i)))
        {
            leeches.Add(await LibtorrentPeer.StartAsync(bench, new StockTask(network.Hosts[1 + i], folder, change.Old, magnet), stop));
        }

        report.True($"{change.What}: all five are on their way", await Poll.UntilAsync(
            async cancel => Interlocked.Read(ref moved) > 1 << 20 && (await Task.WhenAll(leeches.Select(l => l.CountersAsync(cancel)))).All(c => c.DownloadedBytes > 0 && !c.Seeding), Limit, stop)
            && downloads.TrueForAll(static d => !d.IsCompleted), $"{Interlocked.Read(ref moved)} B");
        await change.MakeAsync(root, stop);
        await node.EventAsync("retired", before.Name, 1, stop);
        var again = await node.EventAsync("published", before.Name, 2, stop);
        report.Equal($"{change.What}: infohash of the new version, ours = libtorrent's", again.GetProperty("infohash_v2").GetString(), change.New.V2);
        foreach (var (download, i) in (await Task.WhenAll(downloads)).Select((d, i) => (d, i)))
        {
            var verdict = download.Judge(before.Content, after.Content);
            report.True($"{change.What}: download {i + 1} through a Swarm node, one version or an honest end", verdict != Verdict.Mixed, $"{verdict}, {download.Body.Length} B");
        }

        foreach (var (leech, i) in leeches.Select((l, i) => (l, i)))
        {
            var counters = await leech.CountersAsync(stop);
            report.Equal($"{change.What}: libtorrent {i + 1} under the old infohash, wrong bytes", counters.HashFailedBytes, 0L);
            report.Exchanged(Tool.Libtorrent, $"({change.What}, old version, {i + 1}) took", counters.DownloadedBytes);
        }

        var link = Line(await CurlAsync(bench, network.Hosts[4], ["-sI", url.AbsoluteUri], stop), "Link:").Split('<', '>').ElementAtOrDefault(1) ?? "none";
        var linked = Path.Combine(folders[0], "linked.torrent");
        await CurlAsync(bench, network.Hosts[4], ["-s", new Uri(nginx.Url, link).AbsoluteUri, "-o", linked], stop);
        report.True(
            $"{change.What}: the Link leads to the new version's torrent (its pieces root is there)",
            (await File.ReadAllBytesAsync(linked, stop)).AsSpan().IndexOf(new HashTree(after.Content).Root) >= 0, link);
    }

    private static Task<string> CurlAsync(Bench bench, LabHost host, string[] arguments, CancellationToken stop) => CurlCommand.RunAsync(bench, host, arguments, Limit, stop);

    private static string Line(string head, string name) => head.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.OrdinalIgnoreCase))?.TrimEnd() ?? "";

    /// <summary>A file that becomes another one of the same name and length.</summary>
    private sealed record Change(Film Before, Film After, bool IsInPlace)
    {
        public string What => IsInPlace ? "rewritten in place" : "replaced";

        /// <summary>libtorrent's torrents of both, made apart from the site.</summary>
        public Torrent Old { get; private set; } = null!;

        public Torrent New { get; private set; } = null!;

        public static Change Of(string name, int seed, bool isInPlace) =>
            new(Film.Noise(name, LongBytes, seed, 1_000_000), Film.Noise(name, LongBytes, seed + 1, 1_000_000), isInPlace);

        public async Task PrepareAsync(Bench bench, string root, string apart, CancellationToken stop)
        {
            await File.WriteAllBytesAsync(Path.Combine(root, Before.Name), Before.Content, stop);
            await File.WriteAllBytesAsync(Path.Combine(apart, After.Name), After.Content, stop);
            Old = await Torrent.CreateAsync(bench, Path.Combine(root, Before.Name), Path.Combine(apart, $"{Before.Name}.old.torrent"), stop);
            New = await Torrent.CreateAsync(bench, Path.Combine(apart, After.Name), Path.Combine(apart, $"{After.Name}.new.torrent"), stop);
        }

        public async Task MakeAsync(string root, CancellationToken stop)
        {
            var path = Path.Combine(root, Before.Name);
            if (IsInPlace)
            {
                // The same inode, and who reads it sees old and new bytes side by side meanwhile.
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                await file.WriteAsync(After.Content, stop);
                return;
            }

            var fresh = Path.Combine(root, ".fresh");
            await File.WriteAllBytesAsync(fresh, After.Content, stop);
            File.Move(fresh, path, overwrite: true);
        }
    }
}
