using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>qBittorrent at the other end of swarms whose peers can be found in one way alone, each way round.</summary>
internal sealed class FindQbittorrent(Bench bench, Report report)
{
    /// <summary>The whole file takes two minutes and more: it is told of peers within one.</summary>
    private const int Trickle = 30_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public async Task RunAsync(CancellationToken stop)
    {
        await InNetworkAsync(LsdAsync, stop);
        await InNetworkAsync(DhtAsync, stop);
        await InNetworkAsync(PexAsync, stop);
    }

    private async Task InNetworkAsync(Func<Bench, LabNetwork, CancellationToken, Task> way, CancellationToken stop)
    {
        await using var own = new Bench(bench.Log);
        await way(own, await LabNetwork.StartAsync(own, [.. Enumerable.Repeat(LineRate.Unlimited, 4)], stop), stop);
    }

    private async Task LsdAsync(Bench own, LabNetwork network, CancellationToken stop)
    {
        var (film, folder, torrent) = await FindPeersScenario.FilmAsync(own, stop);
        await using (var seed = await SeedAsync(own, new StockTask(network.Hosts[1], folder, torrent, null) { Lsd = true }, stop))
        {
            FindPeersScenario.Same(report, "lsd, qBittorrent gives us", film, await SwarmstreamGet.RunAsync(own, network.Hosts[0], torrent.File, stop, "--no-pex"));
            await GaveAsync("lsd", seed, film, stop);
        }

        await using var node = await SwarmstreamNode.StartLocalAsync(own, network.Hosts[0], stop, "--share", "seed", "--seed-now", "--no-pex");
        await node.AdoptAsync(torrent, folder, stop);
        await TakesAsync(own, "lsd", new StockTask(network.Hosts[2], own.NewFolder("leech"), torrent, null) { Lsd = true }, film, stop);
        await node.TerminateAsync();
    }

    private async Task DhtAsync(Bench own, LabNetwork network, CancellationToken stop)
    {
        var (film, folder, torrent) = await FindPeersScenario.FilmAsync(own, stop);
        var dht = await LibtorrentDht.StartAsync(own, network.Hosts[3], stop);

        // It takes nodes to begin with from torrent files alone.
        var named = Path.Combine(own.Folder, QbittorrentPeer.DhtEntranceName);
        await File.WriteAllBytesAsync(named, [1], stop);
        var entrance = await Torrent.CreateAsync(own, named, named + ".torrent", stop, "v1", dhtNode: dht.Router);
        await using (var seed = await SeedAsync(own, new StockTask(network.Hosts[1], folder, torrent, null) { DhtEntrance = entrance }, stop))
        {
            var got = await SwarmstreamGet.RunAsync(
                own, network.Hosts[0], torrent.Magnet, stop, ["--no-lsd", "--no-pex", "--allow-target", LabNetwork.Net, .. SwarmstreamNode.DhtFlags(dht.Router)]);
            FindPeersScenario.Same(report, "dht, qBittorrent gives us", film, got);
            await GaveAsync("dht", seed, film, stop);
        }

        // Another film: of this one the DHT would still name peers that are gone.
        (film, folder, torrent) = await FindPeersScenario.FilmAsync(own, stop, seed: 42);
        await using var node = await SwarmstreamNode.StartOnAsync(
            own, network.Hosts[0], stop, ["--share", "seed", "--seed-now", "--no-pex", .. SwarmstreamNode.DhtFlags(dht.Router)]);
        await node.AdoptAsync(torrent, folder, stop);

        // qBittorrent asks when a torrent is added, and not again for a quarter of an hour: what we announce must be there by then, as another node shows.
        var shown = await SwarmstreamGet.RunAsync(
            own, network.Hosts[1], torrent.Magnet, stop, ["--no-lsd", "--no-pex", "--allow-target", LabNetwork.Net, .. SwarmstreamNode.DhtFlags(dht.Router)]);
        FindPeersScenario.Same(report, "dht, another node finds ours", film, shown);
        await TakesAsync(own, "dht", new StockTask(network.Hosts[2], own.NewFolder("leech"), torrent, torrent.Magnet) { DhtEntrance = entrance }, film, stop);
        await node.TerminateAsync();
    }

    private async Task PexAsync(Bench own, LabNetwork network, CancellationToken stop)
    {
        // qBittorrent knows a seed, we know qBittorrent; then qBittorrent knows us, and we the seed. Who is in the middle gives nothing in time itself, and is not
        // done either: two seeds are not connected for long, and whom one is not connected with nobody is told of.
        var (film, folder, torrent) = await FindPeersScenario.FilmAsync(own, stop);
        var (ours, seedHost, theirs) = (network.Hosts[0], network.Hosts[1], network.Hosts[2]);
        var seed = await LibtorrentPeer.StartAsync(own, new StockTask(seedHost, folder, torrent, null), stop);
        await seed.WaitAsync(static c => c.Seeding, Limit, stop);
        await using (var middle = await QbittorrentPeer.StartAsync(
            own, new StockTask(theirs, own.NewFolder("middle"), torrent, null) { Pex = true, UpBytesPerSecond = Trickle, DownBytesPerSecond = Trickle }, stop))
        {
            await middle.ConnectAsync(torrent, seed.Endpoint, stop);
            await UntilAsync(middle, static c => c.DownloadedBytes > 0, "qBittorrent has got nothing of the file", stop);
            var got = await SwarmstreamGet.RunAsync(
                own, ours, torrent.File, stop, "--no-lsd", "--allow-target", LabNetwork.Net, "--peer", middle.Endpoint.ToString());
            FindPeersScenario.Same(report, "pex, qBittorrent tells us", film, got);
            report.AtLeast("pex, qBittorrent tells us: bytes of whom it named (receipt)", FindPeersScenario.BytesOf(got, seed.Endpoint), 1 << 20, "B");
            report.Exchanged(Tool.Qbittorrent, "took meanwhile from the seed that it told us of", (await middle.CountersAsync(stop)).DownloadedBytes);
        }

        await using var node = await SwarmstreamNode.StartOnAsync(
            own, ours, stop, "--share", "seed", "--seed-now", "--torrent", torrent.File, "--peer", seed.Endpoint.ToString(), "--up-limit", "30000");
        var leechFolder = own.NewFolder("leech");
        await using var leech = await QbittorrentPeer.StartAsync(own, new StockTask(theirs, leechFolder, torrent, null) { Pex = true }, stop);
        await leech.ConnectAsync(torrent, node.Peer!, stop);
        await TookAsync("pex", leech, leechFolder, film, stop);
        var given = await node.MetricAsync("swarmstream_sent_bytes_total{to=\"peer\"}", stop);
        report.AtLeast("pex, we tell qBittorrent: bytes that were not ours", film.Content.Length - given, film.Content.Length / 2, "B");
        await node.TerminateAsync();
    }

    private static async Task<QbittorrentPeer> SeedAsync(Bench own, StockTask task, CancellationToken stop)
    {
        var seed = await QbittorrentPeer.StartAsync(own, task, stop);
        await UntilAsync(seed, static c => c.Seeding, "qBittorrent has not checked its file", stop);
        return seed;
    }

    private async Task GaveAsync(string way, QbittorrentPeer seed, Film film, CancellationToken stop)
    {
        var end = await UntilAsync(seed, c => c.UploadedBytes >= film.Content.Length, "qBittorrent does not count what it gave", stop);
        report.Exchanged(Tool.Qbittorrent, $"({way}) gave us", end.UploadedBytes);
    }

    private async Task TakesAsync(Bench own, string way, StockTask task, Film film, CancellationToken stop)
    {
        await using var leech = await QbittorrentPeer.StartAsync(own, task, stop);
        await TookAsync(way, leech, task.Folder, film, stop);
    }

    private async Task TookAsync(string way, QbittorrentPeer leech, string folder, Film film, CancellationToken stop)
    {
        var end = await UntilAsync(leech, static c => c is { Seeding: true, DownloadedBytes: > 0 }, $"({way}) qBittorrent has not got the file", stop);
        report.True($"{way}, we give qBittorrent: identical", (await File.ReadAllBytesAsync(Path.Combine(folder, film.Name), stop)).AsSpan().SequenceEqual(film.Content), $"{end.DownloadedBytes} B");
        report.Exchanged(Tool.Qbittorrent, $"({way}) took from us, or whom we named", end.DownloadedBytes);
    }

    private static async Task<PeerCounters> UntilAsync(QbittorrentPeer peer, Func<PeerCounters, bool> holds, string otherwise, CancellationToken stop)
    {
        var last = new PeerCounters(0, 0, 0, 0, false);
        return await Poll.UntilAsync(async cancel => holds(last = await peer.CountersAsync(cancel)), Limit, stop)
            ? last
            : throw new LabException($"{otherwise} in {Limit.TotalSeconds:F0} s: {last}");
    }
}
