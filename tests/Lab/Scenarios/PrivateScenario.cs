using System.Net;
using System.Text;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A private torrent (BEP 27) at a node that exchanges peers and speaks in the local network: its packets are watched for the torrent's hashes, which may go to its tracker
/// and to the peer that the tracker named, and nowhere else. The same torrent without the flag is the control.
/// </summary>
public sealed class PrivateScenario : IScenario
{
    private const int FilmBytes = (2 << 20) + 12_345;
    private const int TrackerPort = 6969;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string Name => "private";

    public string Holds => "a node with a private torrent tells its hashes to its tracker and the tracker's peers alone, for two minutes of watching; without the flag the local network hears them";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent, Tool.Opentracker];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 3)], stop);
        var film = Film.Noise("film.mp4", FilmBytes, 47, 1_000_000);
        var folder = bench.NewFolder("seeded");
        await File.WriteAllBytesAsync(Path.Combine(folder, film.Name), film.Content, stop);
        foreach (var isPrivate in new[] { false, true })
        {
            await using var own = new Bench(bench.Log);
            await WatchedAsync(own, network, film, folder, isPrivate, report, stop);
        }
    }

    private static async Task WatchedAsync(Bench bench, LabNetwork network, Film film, string folder, bool isPrivate, Report report, CancellationToken stop)
    {
        var (ours, trackerHost, seedHost) = (network.Hosts[0], network.Hosts[1], network.Hosts[2]);
        var torrent = await Torrent.CreateAsync(
            bench, Path.Combine(folder, film.Name), Path.Combine(bench.Folder, "film.torrent"), stop,
            tracker: Opentracker.AnnounceUrl(TrackerPort, trackerHost), isPrivate: isPrivate);
        var tracker = await Opentracker.StartAsync(bench, TrackerPort, [torrent], stop, trackerHost);
        var seed = await LibtorrentPeer.StartAsync(bench, new StockTask(seedHost, folder, torrent, null), stop, "--lsd");
        await seed.WaitAsync(c => c.Seeding, Limit, stop);
        await tracker.WaitForSeedsAsync(torrent, 1, stop);

        byte[][] needles = [.. torrent.TrackerHashes.SelectMany(h => new[] { Convert.FromHexString(h), Encoding.ASCII.GetBytes(h), Encoding.ASCII.GetBytes(h.ToUpperInvariant()) })];
        var (packets, elsewhere) = (0, 0);
        ours.Watch(packet =>
        {
            Interlocked.Increment(ref packets);
            var to = new IPAddress(packet.Slice(16, 4));
            foreach (var needle in needles)
            {
                if (packet.IndexOf(needle) >= 0 && !to.Equals(trackerHost.Address) && !to.Equals(seedHost.Address))
                {
                    Interlocked.Increment(ref elsewhere);
                }
            }
        });

        await using var node = await SwarmstreamNode.StartLocalAsync(
            bench, ours, stop, "--allow-target", LabNetwork.Net, "--share", "seed", "--seed-now", "--torrent", torrent.File, "--peer", "10.71.0.99:6881");
        var got = await Download.GetAsync(new($"http://{node.Proxy}/torrents/{torrent.V1}"), null, stop, newSocket: ours.NewSocket);
        var what = isPrivate ? "private" : "control";
        report.True($"{what}: identical", got.Body.AsSpan().SequenceEqual(film.Content), $"{got.Status}, {got.Body.Length} B");
        if (isPrivate)
        {
            // What has come to nothing after two minutes is not late: calls and messages of BEP 11 come every minute.
            await Poll.UntilAsync(_ => Task.FromResult(Volatile.Read(ref elsewhere) > 0), Limit, stop);
            report.Equal("private: packets with its hashes to others", Volatile.Read(ref elsewhere), 0);
        }
        else
        {
            await Poll.UntilAsync(_ => Task.FromResult(Volatile.Read(ref elsewhere) > 0), Limit, stop);
            report.AtLeast("control: packets with its hashes to others", Volatile.Read(ref elsewhere), 1, "");
        }

        report.AtLeast($"{what}: packets watched", Volatile.Read(ref packets), 100, "");
        report.Exchanged(Tool.Libtorrent, $"{what}: sent", (await seed.CountersAsync(stop)).UploadedBytes);
        await node.TerminateAsync();
    }
}
