using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A file that nobody in the swarm has but our node, which got it from its origin: a stock leech gets it from us, by the
/// leech's own count.
/// </summary>
public sealed class UploadScenario : IScenario
{
    private const int FilmBytes = 24_000_000;

    public string Name => "upload";

    public string Holds => "a libtorrent leech gets a file from our node alone, hybrid and v2, byte for byte, and nothing while sharing is off";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        foreach (var kind in new[] { "hybrid", "v2" })
        {
            var film = Film.Noise($"{kind}.mp4", FilmBytes, kind.Length, 1_000_000);
            var site = await FilmSite.StartAsync(bench, film, 1e9, stop, kind);
            await ServedAsync(bench, site, kind, report, stop);
            if (kind == "hybrid")
            {
                await OffAsync(bench, site, report, stop);
            }
        }
    }

    private static async Task ServedAsync(Bench bench, FilmSite site, string kind, Report report, CancellationToken stop)
    {
        await using var node = await HolderAsync(bench, site, stop, "--share", "seed");
        report.True($"{kind}: READY tells that it shares", node.Ready.Contains("share=seed", StringComparison.Ordinal) && node.Peer is not null, node.Ready);
        var folder = bench.NewFolder("leech");
        await using var leech = await LibtorrentPeer.StartAsync(bench, "127.0.0.101", folder, [site.Torrent], stop, leech: true, dial: [node.Peer!]);
        var end = await leech.WaitAsync(c => c.Seeding, TimeSpan.FromSeconds(90), stop);
        report.True($"{kind}: the leech has the file",
            (await File.ReadAllBytesAsync(Path.Combine(folder, site.Film.Name), stop)).AsSpan().SequenceEqual(site.Film.Content), $"{site.Film.Content.Length} B");
        report.Equal($"{kind}: bytes that the leech refused", end.HashFailedBytes, 0L);
        report.Agree($"{kind}: what the leech got / what our metric says",
            end.DownloadedBytes, (long)await node.MetricAsync("swarmstream_sent_bytes_total{to=\"peer\"}", stop), 0.02, site.Film.Content.Length);
        report.Exchanged(Tool.Libtorrent, $"a {kind} leech got from our node", end.DownloadedBytes);
        await node.TerminateAsync();
    }

    /// <summary>The control: the same node that gives nothing.</summary>
    private static async Task OffAsync(Bench bench, FilmSite site, Report report, CancellationToken stop)
    {
        await using var node = await HolderAsync(bench, site, stop, "--share", "off");
        await using var leech = await LibtorrentPeer.StartAsync(
            bench, "127.0.0.102", bench.NewFolder("leech"), [site.Torrent], stop, leech: true, dial: [node.Peer!]);
        await leech.WaitAsync(c => c.Peers > 0, TimeSpan.FromSeconds(60), stop);
        await leech.SettleAsync(stop);
        report.Equal("off: bytes that a connected leech got", leech.Counters.DownloadedBytes, 0L);
        report.Equal("off: our metric", (long)await node.MetricAsync("swarmstream_sent_bytes_total{to=\"peer\"}", stop), 0L);
        await node.TerminateAsync();
    }

    /// <summary>A node that has the whole film, from the site's origin.</summary>
    private static async Task<SwarmstreamNode> HolderAsync(Bench bench, FilmSite site, CancellationToken stop, params string[] more)
    {
        var node = await SwarmstreamNode.StartAsync(bench, stop, null, ["--peer-listen", "127.0.0.1:0", .. more]);
        var got = await Download.GetAsync(site.Url, node.Proxy, stop);
        return got.Body.AsSpan().SequenceEqual(site.Film.Content) ? node : throw new LabException($"our node got {got.Body.Length} B of the film, status {got.Status}");
    }
}
