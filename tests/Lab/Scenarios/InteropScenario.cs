using System.Diagnostics;
using System.Globalization;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// The stock clients people run, each on a machine of its own beside ours and a tracker: a file that only the client has comes to us by
/// <c>get</c>, and one that only we have goes to it. Torrent files and bare magnets.
/// </summary>
public sealed class InteropScenario(IReadOnlyList<StockClient> clients) : IScenario
{
    private const int FilmBytes = (8 << 20) + 12_345;
    private const int TrackerPort = 6969;

    // Transmission takes a peer in at its next round of every 10 s, and asks a tracker it has just met once more after some.
    private static readonly TimeSpan CellLimit = TimeSpan.FromMinutes(2);

    public string Name => "interop";

    public string Holds => "libtorrent, qBittorrent, Transmission, aria2, rtorrent and WebTorrent, both ways, by file and by magnet: identical files, by their own counters (interop:CLIENT for one)";

    // A client that is missing costs its own row only, unless it is the only one asked for.
    public IReadOnlyList<Tool> Needs => clients.Count == 1 ? [Tool.Libtorrent, Tool.Opentracker, clients[0].Tool] : [Tool.Libtorrent, Tool.Opentracker];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public IScenario? Part(string part) => clients.FirstOrDefault(c => c.Key == part) is { } one ? new InteropScenario([one]) : null;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 3)], stop);
        var film = Film.Noise("film.mp4", FilmBytes, 31, 1_000_000);
        var whole = bench.NewFolder("whole");
        await File.WriteAllBytesAsync(Path.Combine(whole, film.Name), film.Content, stop);
        var announce = Opentracker.AnnounceUrl(TrackerPort, network.Hosts[0]);
        var torrents = new Dictionary<string, Torrent>();
        foreach (var kind in new[] { "v1", "v2", "hybrid" })
        {
            torrents[kind] = await Torrent.CreateAsync(
                bench, Path.Combine(whole, film.Name), Path.Combine(bench.Folder, $"{kind}.torrent"), stop, kind, tracker: announce);
        }

        var table = new List<string> { "| client | it gives to us | it takes from us | bytes given, taken |", "|---|---|---|---|" };
        foreach (var client in clients)
        {
            var row = new Row(bench, network, film, whole, torrents, announce, client, report);
            table.Add(await row.RunAsync(stop));
        }

        table.ForEach(bench.Log.WriteLine);
    }

    /// <summary>One client: every cell on a bench of its own, with a tracker that knows nobody yet.</summary>
    private sealed class Row(
        Bench bench, LabNetwork network, Film film, string whole, Dictionary<string, Torrent> torrents, Uri announce, StockClient client, Report report)
    {
        private readonly List<string> _given = [];
        private readonly List<string> _taken = [];
        private string? _installed;
        private long _givenBytes;
        private long _takenBytes;

        private LabHost Ours => network.Hosts[1];

        private LabHost Theirs => network.Hosts[2];

        public async Task<string> RunAsync(CancellationToken stop)
        {
            if (client.Tool.Version is not { } version)
            {
                report.Note(client.Key, $"skipped: not installed (Debian package {client.Tool.DebianPackage})");
                return $"| {client.Key} | skipped: not installed | | |";
            }

            try
            {
                _installed = client.Install is { } install ? await install(bench, stop) : null;
                foreach (var kind in client.Gives)
                {
                    await CellAsync($"{client.Key} gives {kind}", (b, t) => GivesAsync(b, t, kind, byMagnet: false, stop));
                }

                foreach (var kind in client.ReadsMagnets)
                {
                    await CellAsync($"{client.Key} gives {kind} magnet", (b, t) => GivesAsync(b, t, kind, byMagnet: true, stop));
                }

                foreach (var kind in client.Reads)
                {
                    await CellAsync($"{client.Key} takes {kind}", (b, t) => TakesAsync(b, t, kind, byMagnet: false, stop));
                }

                foreach (var kind in client.ReadsMagnets)
                {
                    await CellAsync($"{client.Key} takes {kind} magnet", (b, t) => TakesAsync(b, t, kind, byMagnet: true, stop));
                }
            }
            catch (UnavailableException e)
            {
                report.Note(client.Key, $"skipped: {e.Message}");
                return $"| {client.Key} | skipped: {e.Message} | | |";
            }

            report.Exchanged(client.Tool, $"({client.Key}) gave us", _givenBytes);
            report.Exchanged(client.Tool, $"({client.Key}) took from us", _takenBytes);
            return string.Create(CultureInfo.InvariantCulture,
                $"| {(client.Key == "webtorrent" ? WebTorrentPeer.VersionText : version)} | {string.Join(", ", _given)} | {string.Join(", ", _taken)} | {_givenBytes / 1e6:F1}, {_takenBytes / 1e6:F1} MB |");
        }

        private async Task CellAsync(string what, Func<Bench, Opentracker, Task> run)
        {
            await using var own = new Bench(bench.Log);
            try
            {
                var tracker = await Opentracker.StartAsync(own, TrackerPort, torrents.Values, CancellationToken.None, network.Hosts[0]);
                await run(own, tracker);
            }
            catch (Exception e) when (e is LabException or HttpRequestException or IOException)
            {
                report.Failed(what, e.Message);
            }
        }

        /// <summary>Only the client has the file; a user of ours names the torrent and nothing else.</summary>
        private async Task GivesAsync(Bench own, Opentracker tracker, string kind, bool byMagnet, CancellationToken stop)
        {
            var (torrent, what) = (torrents[kind], Label(kind, byMagnet));
            var folder = own.NewFolder("seeded");
            File.Copy(Path.Combine(whole, film.Name), Path.Combine(folder, film.Name));
            await using var peer = await client.Start(own, new(Theirs, folder, torrent, null) { Installed = _installed }, stop);
            await UntilAsync(peer, c => c.Seeding, $"{client.Key} has not checked its file", stop);
            await tracker.WaitForSeedsAsync(torrent, 1, stop);
            var got = await SwarmstreamGet.RunAsync(own, Ours, byMagnet ? torrent.MagnetOf(announce) : torrent.File, stop);
            report.True($"{client.Key} → ours, {what}: identical, exit 0", got.ExitCode == 0 && got.File.AsSpan().SequenceEqual(film.Content),
                FormattableString.Invariant($"{got.File.Length} B in {got.Seconds:F1} s{(got.ExitCode == 0 ? "" : $"; {got.Said}")}"));
            report.AtLeast($"{client.Key} → ours, {what}: bytes of peers (receipt)", got.Receipt?.PeerBytes ?? 0, film.Content.Length, "B");
            await UntilAsync(peer, c => c.UploadedBytes >= film.Content.Length, $"{client.Key} does not count what it gave", stop);
            _givenBytes += (await peer.CountersAsync(stop)).UploadedBytes;
            _given.Add(FormattableString.Invariant($"{what} {got.Seconds:F1} s"));
        }

        /// <summary>Only our node has the file; the client finds it by the tracker.</summary>
        private async Task TakesAsync(Bench own, Opentracker tracker, string kind, bool byMagnet, CancellationToken stop)
        {
            var (torrent, what) = (torrents[kind], Label(kind, byMagnet));
            await using var node = await HolderAsync(own, kind, stop);
            await tracker.WaitForSeedsAsync(torrent, 1, stop);
            var folder = own.NewFolder("leech");
            var clock = Stopwatch.StartNew();
            await using var peer = await client.Start(own, new(Theirs, folder, torrent, byMagnet ? torrent.MagnetOf(announce) : null) { Installed = _installed }, stop);
            await UntilAsync(peer, c => c.Seeding, $"{client.Key} has not got the file", stop);
            var seconds = clock.Elapsed.TotalSeconds;
            var end = await UntilAsync(peer, c => c.DownloadedBytes >= film.Content.Length, $"{client.Key} does not count what it took", stop);
            var file = Path.Combine(folder, film.Name);
            var got = File.Exists(file) ? await File.ReadAllBytesAsync(file, stop) : [];
            report.True($"ours → {client.Key}, {what}: identical", got.AsSpan().SequenceEqual(film.Content), FormattableString.Invariant($"{got.Length} B in {seconds:F1} s"));
            report.AtLeast($"ours → {client.Key}, {what}: bytes by its count", end.DownloadedBytes, film.Content.Length, "B");
            report.Equal($"ours → {client.Key}, {what}: bytes it refused", end.HashFailedBytes, 0L);
            report.AtLeast($"ours → {client.Key}, {what}: bytes by ours", await node.MetricAsync("swarmstream_sent_bytes_total{to=\"peer\"}", stop), film.Content.Length, "B");
            _takenBytes += end.DownloadedBytes;
            _taken.Add(FormattableString.Invariant($"{what} {seconds:F1} s"));
            await node.TerminateAsync();
        }

        /// <summary>A node of ours that alone has the file, as its user's own.</summary>
        private async Task<SwarmstreamNode> HolderAsync(Bench own, string kind, CancellationToken stop)
        {
            var owner = await SwarmstreamNode.StartOnAsync(own, Ours, stop, "--share", "seed", "--seed-now");
            await owner.AdoptAsync(torrents[kind], whole, stop);
            return owner;
        }

        private static string Label(string kind, bool byMagnet) => byMagnet ? $"{kind} magnet" : kind;

        private static async Task<PeerCounters> UntilAsync(IStockPeer peer, Func<PeerCounters, bool> holds, string otherwise, CancellationToken stop)
        {
            var last = new PeerCounters(0, 0, 0, 0, false);
            return await Poll.UntilAsync(async cancel => holds(last = await peer.CountersAsync(cancel)), CellLimit, stop)
                ? last
                : throw new LabException($"{otherwise} in {CellLimit.TotalSeconds:F0} s: {last}");
        }
    }
}
