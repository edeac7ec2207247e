using System.Net;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>What an upload costs: a libtorrent leech takes the same file on loopback from a libtorrent seed and from ours, in turn; bytes a CPU second of each.</summary>
public sealed class SeedCpuScenario : IScenario
{
    private const int FilmBytes = 256 << 20;

    public string Name => "seed-cpu";

    public string Holds => "a seed of ours serves ≥ 0.8 of libtorrent's bytes a CPU second, same leech, same file, same run";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmBytes, 37, 1_000_000);
        var folder = bench.NewFolder("seeded");
        var file = Path.Combine(folder, film.Name);
        await File.WriteAllBytesAsync(file, film.Content, stop);
        var torrent = await Torrent.CreateAsync(bench, file, Path.Combine(bench.Folder, "film.torrent"), stop, pieceBytes: 1 << 20);
        var stock = await LibtorrentPeer.StartAsync(bench, "127.0.0.2", folder, [torrent], stop);
        await using var node = await SwarmstreamNode.StartAsync(
            bench, stop, null, "--peer-listen", "127.0.0.1:0", "--share", "seed", "--seed-now", "--torrent", torrent.File, "--peer", stock.Endpoint.ToString());
        var got = await Download.GetAsync(new($"http://{node.Proxy}/torrents/{torrent.V1}"), null, stop);
        report.True("our node has the file", got.Body.AsSpan().SequenceEqual(film.Content), $"{got.Body.Length} B");

        // The first is compiled on the way: what a seed that runs for days does is the later ones.
        var first = await ServeAsync(bench, torrent, film, node.Peer!, node.Pid, report, stop);
        var ours = new List<double>();
        var theirs = new List<double>();
        for (var i = 0; i < (depth == Depth.Repeated ? 7 : 5); i++)
        {
            theirs.Add(await ServeAsync(bench, torrent, film, stock.Endpoint, stock.Pid, report, stop));
            ours.Add(await ServeAsync(bench, torrent, film, node.Peer!, node.Pid, report, stop));
        }

        report.Note("libtorrent", Statistics.Spread(theirs, "MB a CPU second"));
        report.Note("ours", Statistics.Spread(ours, "MB a CPU second"));
        report.Note("ours, the first transfer", FormattableString.Invariant($"{first:F0} MB a CPU second"));
        report.AtLeast("ours over libtorrent, medians", Statistics.Median(ours) / Statistics.Median(theirs), 0.8, "");
        report.Exchanged(Tool.Libtorrent, "leeches got from our node", (ours.Count + 1L) * FilmBytes);
        await node.TerminateAsync();
    }

    /// <summary>A fresh leech takes the whole file.</summary>
    /// <returns>Megabytes for each second of the seed's CPU.</returns>
    private static async Task<double> ServeAsync(Bench outer, Torrent torrent, Film film, IPEndPoint seed, int pid, Report report, CancellationToken stop)
    {
        await using var bench = new Bench(outer.Log);
        var before = ProcessorTime.Of(pid);
        var leech = await LibtorrentPeer.StartAsync(bench, "127.0.0.9", bench.NewFolder("leech"), [torrent], stop, leech: true, dial: [seed]);
        var end = await leech.WaitAsync(c => c.Seeding, TimeSpan.FromMinutes(2), stop);
        var spent = ProcessorTime.Of(pid) - before;
        if (end.DownloadedBytes < film.Content.Length || end.HashFailedBytes > 0)
        {
            report.Failed("a leech", end.ToString());
        }

        return film.Content.Length / 1e6 / spent.TotalSeconds;
    }
}
