using System.Net;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>Swarms whose peers can be found in one way alone, with stock libtorrent at the other end: by other peers (BEP 11), in the local network (BEP 14), by a tracker of ours.</summary>
public sealed class FindPeersScenario(IReadOnlyList<string> ways) : IScenario
{
    private const int FilmBytes = (4 << 20) + 12_345;

    /// <summary>libtorrent says whom it knows a minute after it began, at the latest.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Calls and messages come every minute at the latest: what has come to nothing after that is not late.</summary>
    private static readonly TimeSpan ControlTime = TimeSpan.FromSeconds(70);

    public static IReadOnlyList<string> Ways { get; } = ["pex", "lsd", "tracker", "qbittorrent"];

    public string Name => "find-peers";

    public string Holds => "peers found by PEX, by LSD, and by our own tracker alone, both ways with libtorrent (nobody where the way is switched off), and by PEX, LSD and DHT alone with qBittorrent: identical files (find-peers:pex for one)";

    public IReadOnlyList<Tool> Needs =>
        [Tool.Libtorrent, .. ways.Contains("tracker") ? new[] { Tool.Aria2 } : [], .. ways.Contains("qbittorrent") ? new[] { Tool.Qbittorrent } : []];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public IScenario? Part(string part) => Ways.Contains(part) ? new FindPeersScenario([part]) : null;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        foreach (var way in ways)
        {
            await using var own = new Bench(bench.Log);
            await (way switch
            {
                "pex" => PexAsync(own, report, stop),
                "lsd" => LsdAsync(own, report, stop),
                "qbittorrent" => new FindQbittorrent(own, report).RunAsync(stop),
                _ => TrackerAsync(own, report, depth, stop),
            });
        }
    }

    private static async Task PexAsync(Bench bench, Report report, CancellationToken stop)
    {
        // Hosts: ours, a seed, and the one whom both know, whose own upload is too thin for the file.
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 3)], stop);
        var (film, folder, torrent) = await FilmAsync(bench, stop);
        var (ours, seedHost, thinHost) = (network.Hosts[0], network.Hosts[1], network.Hosts[2]);
        var seed = await LibtorrentPeer.StartAsync(bench, new StockTask(seedHost, folder, torrent, null), stop);
        await seed.WaitAsync(c => c.Seeding, Limit, stop);
        var thin = await LibtorrentPeer.StartAsync(
            bench, new StockTask(thinHost, bench.NewFolder("thin"), torrent, null), stop, "--peer", seed.Endpoint.ToString(), "--upload-bytes-per-second", "30000");
        await thin.WaitAsync(c => c.Seeding, Limit, stop);

        var got = await SwarmstreamGet.RunAsync(bench, ours, torrent.File, stop, "--no-lsd", "--allow-target", LabNetwork.Net, "--peer", thin.Endpoint.ToString());
        Same(report, "pex, libtorrent tells us", film, got);
        report.AtLeast("pex: bytes of the seed that we were told of (receipt)", BytesOf(got, seed.Endpoint), 1 << 20, "B");
        report.Exchanged(Tool.Libtorrent, "a seed found by PEX sent", BytesOf(got, seed.Endpoint));
        await thin.KillAsync();

        // The other way: our node knows the seed, a leech knows our node.
        await using var node = await SwarmstreamNode.StartOnAsync(
            bench, ours, stop, "--share", "seed", "--seed-now", "--torrent", torrent.File, "--peer", seed.Endpoint.ToString(), "--up-limit", "30000");
        var leech = await LibtorrentPeer.StartAsync(
            bench, new StockTask(thinHost, bench.NewFolder("leech"), torrent, null), stop, "--peer", node.Peer!.ToString());
        var end = await leech.WaitAsync(c => c.Seeding, Limit, stop);
        report.Equal("pex, we tell libtorrent: bytes that it refused", end.HashFailedBytes, 0L);
        report.AtLeast("pex, we tell libtorrent: bytes that it got", end.DownloadedBytes, film.Content.Length, "B");
        var given = await node.MetricAsync("swarmstream_sent_bytes_total{to=\"peer\"}", stop);
        report.AtLeast("pex, we tell libtorrent: bytes that were not ours", film.Content.Length - given, film.Content.Length / 2, "B");
        await node.TerminateAsync();
        await leech.KillAsync();

        // The control: the same, but nobody is told of anybody. We would tell within a minute.
        await using var silent = await SwarmstreamNode.StartOnAsync(
            bench, ours, stop, "--share", "seed", "--seed-now", "--torrent", torrent.File, "--peer", seed.Endpoint.ToString(), "--up-limit", "30000", "--no-pex");
        var alone = await LibtorrentPeer.StartAsync(
            bench, new StockTask(thinHost, bench.NewFolder("alone"), torrent, null), stop, "--peer", silent.Peer!.ToString());
        var told = await Poll.UntilAsync(_ => Task.FromResult(alone.Counters.Peers > 1), ControlTime, stop);
        report.True("pex, control with --no-pex: libtorrent knows nobody but us", !told && alone.Counters.Peers == 1, alone.Counters.ToString());
        report.True("pex, control with --no-pex: we could have told it of the seed", seed.Counters.Peers == 1, seed.Counters.ToString());
        await silent.TerminateAsync();
    }

    private static async Task TrackerAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        await using (var own = new Bench(bench.Log))
        {
            await new OwnTrackerScenario().RunAsync(own, report, depth, stop); // a network of its own
        }

        // The control: the same torrent, and a node that does not track.
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 2)], stop);
        var (film, folder, _) = await FilmAsync(bench, stop);
        var torrent = await Torrent.CreateAsync(
            bench, Path.Combine(folder, film.Name), Path.Combine(bench.Folder, "tracked.torrent"), stop, tracker: new($"udp://{network.Hosts[0].Address}:6969/announce"));
        await using var node = await SwarmstreamNode.StartOnAsync(bench, network.Hosts[0], stop, "--share", "seed", "--seed-now");
        await node.AdoptAsync(torrent, folder, stop);
        await NobodyAsync(bench, report, "tracker, control without --tracker-listen", network.Hosts[1], torrent, stop);
        await node.TerminateAsync();
    }

    /// <summary>A leech of libtorrent that finds nobody for longer than the others take to finish.</summary>
    private static async Task NobodyAsync(Bench bench, Report report, string what, LabHost host, Torrent torrent, CancellationToken stop, params string[] more)
    {
        await using var own = new Bench(bench.Log);
        var leech = await LibtorrentPeer.StartAsync(own, new StockTask(host, own.NewFolder("nobody"), torrent, null), stop, more);
        var found = await Poll.UntilAsync(_ => Task.FromResult(leech.Counters is { Peers: > 0 } or { DownloadedBytes: > 0 }), ControlTime, stop);
        report.True($"{what}: libtorrent finds nobody", !found, leech.Counters.ToString());
    }

    private static async Task LsdAsync(Bench bench, Report report, CancellationToken stop)
    {
        // No --allow-target: who calls out in the local network may be dialled there.
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 2)], stop);
        var (film, folder, torrent) = await FilmAsync(bench, stop);
        var seed = await LibtorrentPeer.StartAsync(bench, new StockTask(network.Hosts[1], folder, torrent, null), stop, "--lsd");
        await seed.WaitAsync(c => c.Seeding, Limit, stop);
        var got = await SwarmstreamGet.RunAsync(bench, network.Hosts[0], torrent.File, stop, "--no-pex");
        Same(report, "lsd, we call libtorrent", film, got);
        report.Exchanged(Tool.Libtorrent, "a seed found by LSD sent", BytesOf(got, seed.Endpoint));
        await seed.KillAsync();

        // The other way: our node listens, a leech that starts later calls.
        await using var node = await SwarmstreamNode.StartLocalAsync(bench, network.Hosts[0], stop, "--share", "seed", "--seed-now", "--no-pex");
        await node.AdoptAsync(torrent, folder, stop);
        var leech = await LibtorrentPeer.StartAsync(bench, new StockTask(network.Hosts[1], bench.NewFolder("leech"), torrent, null), stop, "--lsd");
        var end = await leech.WaitAsync(c => c.Seeding, Limit, stop);
        report.AtLeast("lsd, libtorrent calls us: bytes that it got", end.DownloadedBytes, film.Content.Length, "B");
        report.Equal("lsd, libtorrent calls us: bytes that it refused", end.HashFailedBytes, 0L);
        report.Exchanged(Tool.Libtorrent, "a leech found by LSD got", end.DownloadedBytes);
        await node.TerminateAsync();
        await leech.KillAsync();

        // The control: the same, with nobody who speaks in the local network but libtorrent.
        await using var silent = await SwarmstreamNode.StartOnAsync(bench, network.Hosts[0], stop, "--share", "seed", "--seed-now", "--no-pex");
        await silent.AdoptAsync(torrent, folder, stop);
        await NobodyAsync(bench, report, "lsd, control with --no-lsd", network.Hosts[1], torrent, stop, "--lsd");
        await silent.TerminateAsync();
    }

    internal static async Task<(Film Film, string Folder, Torrent Torrent)> FilmAsync(Bench bench, CancellationToken stop, int seed = 41)
    {
        var film = Film.Noise("film.mp4", FilmBytes, seed, 1_000_000);
        var folder = bench.NewFolder("seeded");
        await File.WriteAllBytesAsync(Path.Combine(folder, film.Name), film.Content, stop);
        return (film, folder, await Torrent.CreateAsync(bench, Path.Combine(folder, film.Name), Path.Combine(bench.Folder, $"film-{seed}.torrent"), stop));
    }

    internal static void Same(Report report, string what, Film film, SwarmstreamGet got) => report.True(
        $"{what}: identical, exit 0", got.ExitCode == 0 && got.File.AsSpan().SequenceEqual(film.Content),
        FormattableString.Invariant($"{got.File.Length} B in {got.Seconds:F1} s{(got.ExitCode == 0 ? "" : $"; {got.Said}")}"));

    /// <summary>Bytes of a machine's peer, whichever end dialled.</summary>
    internal static long BytesOf(SwarmstreamGet got, IPEndPoint peer) =>
        got.Receipt?.Sources.Where(s => IPEndPoint.TryParse(s.Address ?? "", out var from) && from.Address.Equals(peer.Address)).Sum(s => s.Bytes) ?? 0;
}
