using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>A v1 torrent and a stock Transmission seed behind an origin too slow for the film: whole pieces, in time.</summary>
public sealed class V1Scenario : IScenario
{
    private const int FilmSeconds = 60;
    private const int BytesPerSecond = 625_000; // 5 Mbit/s

    // Transmission lets a new peer in at its next round of every 10 s; what stalls before that, the origin alone decides.
    private const double UnchokeSeconds = 20;

    public string Name => "v1-transmission";

    public string Holds => "a v1 torrent, an origin at 0.7 of the rate and a Transmission seed: the identical file, no stall after the first unchoke, seeks, origin < 70 %";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Transmission];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmSeconds * BytesPerSecond, 11, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * 0.7, stop, kind: "v1", announce: false);
        var seed = await TransmissionPeer.StartAsync(bench, "127.0.0.2", site.SeedFolder, site.Torrent, stop, BytesPerSecond * 2);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--peer", seed.Endpoint.ToString());
        var before = site.Nginx.BytesSentOf(site.Path);

        // Ten seconds of film before the unchoke, so that the rest can show what the seed is worth.
        var started = System.Diagnostics.Stopwatch.StartNew();
        var lead = await new ByteClockReader(film, site.Url, node.Proxy).PlayAsync([new(0, 10)], stop);
        var left = TimeSpan.FromSeconds(Math.Max(0, UnchokeSeconds - started.Elapsed.TotalSeconds));
        await Poll.UntilAsync(async cancel => await seed.UploadedBytesAsync(cancel) > 0, left, stop);

        report.Note("while choked: startup, stalled", FormattableString.Invariant($"{lead.First.StartupSeconds:F2} s, {lead.StalledSeconds:F2} s"));
        var played = await new ByteClockReader(film, site.Url, node.Proxy).PlayAsync([PlayLeg.Whole], stop);
        report.Equal("stalls of the whole film", played.Stalls, 0);
        report.Equal("wrong bytes", lead.WrongBytes + played.WrongBytes, 0L);
        report.Equal("bytes", played.Bytes, (long)film.Content.Length);

        var receipts = await node.ReceiptsAsync(site.Path, stop, atLeast: 2);
        await node.TerminateAsync();
        await using var seeker = await SwarmstreamNode.StartAsync(bench, stop, null, "--peer", seed.Endpoint.ToString());
        var seeks = await new ByteClockReader(film, site.Url, seeker.Proxy).PlayAsync([new(0, 25), new(0.7, 4), new(0.9), new(0.5, 4)], stop);
        report.Equal("seeks: wrong bytes", seeks.WrongBytes, 0L);
        report.Note("seeks: to play at 0, 70, 90, 50 %", string.Join(", ", seeks.Legs.Select(l => FormattableString.Invariant($"{l.StartupSeconds:F2} s"))));
        report.Equal("seeks: stalls after the first unchoke", seeks.Legs.Skip(1).Sum(l => l.Stalls), 0);
        await seeker.TerminateAsync();

        var peerBytes = receipts.Sum(r => r.PeerBytes);
        var total = receipts.Sum(r => r.PeerBytes + r.OriginBytes);
        report.AtMost("origin's share of what was played (receipts)", (double)receipts.Sum(r => r.OriginBytes) / total, 0.7, "%");
        report.AtLeast("peer bytes", peerBytes, 1, "B");
        report.True("nobody was banned", !receipts.SelectMany(r => r.Sources).Any(s => s.Banned), "");
        report.Exchanged(Tool.Nginx, "sent", site.Nginx.BytesSentOf(site.Path) - before);
        report.Exchanged(Tool.Transmission, "sent", await seed.UploadedBytesAsync(stop));
    }
}
