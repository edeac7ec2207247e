using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>The tracker of our node: stock clients that know nothing else find it and each other by it, over HTTP and UDP.</summary>
public sealed class OwnTrackerScenario : IScenario
{
    private const int FilmBytes = (4 << 20) + 12_345;
    private const int TrackerPort = 6969;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public string Name => "own-tracker";

    public string Holds => "libtorrent by UDP and aria2 by HTTP announce to a node's --tracker-listen and find it: identical files";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent, Tool.Aria2];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 3)], stop);
        var film = Film.Noise("film.mp4", FilmBytes, 43, 1_000_000);
        var folder = bench.NewFolder("seeded");
        await File.WriteAllBytesAsync(Path.Combine(folder, film.Name), film.Content, stop);
        foreach (var (kind, scheme) in new[] { ("hybrid", "udp"), ("v1", "http") })
        {
            await using var own = new Bench(bench.Log);
            var announce = new Uri($"{scheme}://{network.Hosts[0].Address}:{TrackerPort}/announce");
            var torrent = await Torrent.CreateAsync(own, Path.Combine(folder, film.Name), Path.Combine(own.Folder, $"{kind}.torrent"), stop, kind, tracker: announce);

            // The node tracks what it was given; for the hybrid it is the seed itself, for v1 libtorrent is.
            string[] given = kind == "v1" ? ["--torrent", torrent.File] : [];
            await using var node = await SwarmstreamNode.StartOnAsync(
                own, network.Hosts[0], stop, ["--share", "seed", "--seed-now", "--tracker-listen", $"{network.Hosts[0].Address}:{TrackerPort}", .. given]);
            if (kind == "hybrid")
            {
                await node.AdoptAsync(torrent, folder, stop);
            }

            var seedFolder = kind == "v1" ? folder : own.NewFolder("first");
            await using var libtorrent = await LibtorrentPeer.StartAsync(own, new StockTask(network.Hosts[1], seedFolder, torrent, null), stop);
            var first = await libtorrent.WaitAsync(c => c.Seeding, Limit, stop);
            if (kind == "hybrid")
            {
                report.AtLeast("udp: bytes libtorrent got from the node that tracks", first.DownloadedBytes, film.Content.Length, "B");
                report.Exchanged(Tool.Libtorrent, "got, found by our UDP tracker", first.DownloadedBytes);
                continue;
            }

            var leech = own.NewFolder("leech");
            await using var aria2 = await Aria2Peer.StartAsync(own, new StockTask(network.Hosts[2], leech, torrent, null), stop);
            var came = await Poll.UntilAsync(async cancel => (await aria2.CountersAsync(cancel)).Seeding, Limit, stop);
            var file = Path.Combine(leech, film.Name);
            report.True("http: aria2 has the film, identical",
                came && (await File.ReadAllBytesAsync(file, stop)).AsSpan().SequenceEqual(film.Content), $"{(File.Exists(file) ? new FileInfo(file).Length : 0)} B");
            report.Exchanged(Tool.Aria2, "got, found by our HTTP tracker", (await aria2.CountersAsync(stop)).DownloadedBytes);
            report.Exchanged(Tool.Libtorrent, "sent, found by our HTTP tracker", (await libtorrent.CountersAsync(stop)).UploadedBytes);
        }
    }
}
