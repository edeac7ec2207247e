using System.Diagnostics;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>A DHT of stock nodes and no tracker: peers find each other by infohash alone, ours a stock seed, a stock client ours.</summary>
public sealed class DhtScenario : IScenario
{
    private const int FilmBytes = (8 << 20) + 12_345;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string Name => "dht";

    public string Holds => "by a magnet with nothing but hashes: `get` finds a seed of libtorrent (with --repeat one of aria2, too), and libtorrent finds ours, over a DHT of libtorrent nodes; identical files";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent];

    // On a machine with forty runnable processes libtorrent once did not find ours in two minutes.
    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 4)], stop);
        var film = Film.Noise("film.mp4", FilmBytes, 31, 1_000_000);
        var whole = bench.NewFolder("whole");
        await File.WriteAllBytesAsync(Path.Combine(whole, film.Name), film.Content, stop);
        var hybrid = await Torrent.CreateAsync(bench, Path.Combine(whole, film.Name), Path.Combine(bench.Folder, "hybrid.torrent"), stop);
        var v1 = await Torrent.CreateAsync(bench, Path.Combine(whole, film.Name), Path.Combine(bench.Folder, "v1.torrent"), stop, "v1");
        var dht = await LibtorrentDht.StartAsync(bench, network.Hosts[0], stop);
        // aria2 announces half a minute after its start.
        foreach (var (client, torrent) in StockClient.All.Where(c => c.Key == "libtorrent" || (c.Key == "aria2" && depth == Depth.Repeated)).Select(c => (c, c.Key == "libtorrent" ? hybrid : v1)))
        {
            if (client.Tool.Version is null)
            {
                report.Note(client.Key, $"skipped: not installed (Debian package {client.Tool.DebianPackage})");
                continue;
            }

            await using var own = new Bench(bench.Log);
            await TakeAsync(own, client, torrent);
        }

        await GiveAsync();

        async Task TakeAsync(Bench own, StockClient client, Torrent torrent)
        {
            var folder = own.NewFolder("seeded");
            File.Copy(Path.Combine(whole, film.Name), Path.Combine(folder, film.Name));
            await using var seed = await client.Start(own, new(network.Hosts[1], folder, torrent, null) { DhtRouter = dht.Router }, stop);
            await UntilAsync(seed, c => c.Seeding, $"{client.Key} has not checked its file", stop);
            var got = await SwarmstreamGet.RunAsync(own, network.Hosts[2], torrent.Magnet, stop, ["--no-lsd", "--allow-target", LabNetwork.Net, .. SwarmstreamNode.DhtFlags(dht.Router)]);
            report.True($"{client.Key} → ours: identical, exit 0", got.ExitCode == 0 && got.File.AsSpan().SequenceEqual(film.Content),
                FormattableString.Invariant($"{got.File.Length} B in {got.Seconds:F1} s{(got.ExitCode == 0 ? "" : $"; {got.Said}")}"));
            report.AtLeast($"{client.Key} → ours: bytes of peers (receipt)", got.Receipt?.PeerBytes ?? 0, film.Content.Length, "B");
            var end = await UntilAsync(seed, c => c.UploadedBytes >= film.Content.Length, $"{client.Key} does not count what it gave", stop);
            report.Exchanged(client.Tool, "gave us", end.UploadedBytes);
        }

        async Task GiveAsync()
        {
            await using var node = await SwarmstreamNode.StartOnAsync(bench, network.Hosts[2], stop, ["--share", "seed", "--seed-now", .. SwarmstreamNode.DhtFlags(dht.Router)]);
            await node.AdoptAsync(hybrid, whole, stop);
            var folder = bench.NewFolder("leech");
            var clock = Stopwatch.StartNew();
            await using var peer = await LibtorrentPeer.StartAsync(bench, new StockTask(network.Hosts[3], folder, hybrid, hybrid.Magnet) { DhtRouter = dht.Router }, stop);
            var end = await UntilAsync(peer, c => c.Seeding, "libtorrent has not got the file", stop);
            var file = Path.Combine(folder, film.Name);
            report.True("ours → libtorrent: identical", File.Exists(file) && (await File.ReadAllBytesAsync(file, stop)).AsSpan().SequenceEqual(film.Content),
                FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:F1} s"));
            report.AtLeast("ours → libtorrent: bytes by its count", end.DownloadedBytes, film.Content.Length, "B");
            report.Exchanged(Tool.Libtorrent, "took from us", end.DownloadedBytes);
            report.AtLeast("nodes that ours knows", await node.DhtNodesAsync(stop), 3, "nodes");
            await node.TerminateAsync();
        }
    }

    private static async Task<PeerCounters> UntilAsync(IStockPeer peer, Func<PeerCounters, bool> holds, string otherwise, CancellationToken stop)
    {
        var last = new PeerCounters(0, 0, 0, 0, false);
        return await Poll.UntilAsync(async cancel => holds(last = await peer.CountersAsync(cancel)), Limit, stop)
            ? last
            : throw new LabException($"{otherwise} in {Limit.TotalSeconds:F0} s: {last}");
    }
}
