using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>A corrupter in a v1 swarm: only whole pieces tell, and still it costs no more than two of them.</summary>
public sealed class V1CorrupterScenario : IScenario
{
    private const double BytesPerSecond = 1_000_000;
    private const int FilmSeconds = 12;

    public string Name => "v1-corrupter";

    public string Holds => "a corrupter among v1 seeds: no wrong byte, banned by address, the download takes a clean one's time + 2 piece times";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var runs = depth == Depth.Repeated ? 5 : 3;
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 13, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond, stop, kind: "v1");
        await site.AddSeedAsync(BytesPerSecond, stop);
        await site.AddSeedAsync(BytesPerSecond, stop);
        await site.WaitForPeersAsync(2, stop);
        var clean = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            clean.Add((await FetchAsync(bench, site, report, stop)).Seconds);
        }

        var corrupter = await site.AddBadPeerAsync(Misbehaviour.Corrupt, BytesPerSecond, stop);
        await site.WaitForPeersAsync(3, stop);
        var with = new List<double>();
        var receipts = new List<Receipt>();
        for (var i = 0; i < runs; i++)
        {
            var (seconds, receipt) = await FetchAsync(bench, site, report, stop);
            with.Add(seconds);
            receipts.Add(receipt);
        }

        // The rate that the good seeds have together fetches a piece again.
        var pieceSeconds = site.Torrent.PieceBytes / (2 * BytesPerSecond);
        report.AtMost("median with the corrupter over clean + 2 piece times", Statistics.Median(with) / (Statistics.Median(clean) + (2 * pieceSeconds)), 1.15, "");
        report.Note("clean", Statistics.Spread(clean, "s"));
        report.Note("with the corrupter", Statistics.Spread(with, "s"));
        report.AtLeast("blocks asked of the corrupter", corrupter.BlocksAsked, 1, "");
        report.True("banned in every receipt", receipts.All(r => r.Sources.Any(s => s.Banned && s.Address == corrupter.Endpoint.ToString())), "");
        report.True("no good seed is banned", !receipts.SelectMany(r => r.Sources).Any(s => s.Banned && site.SeedEndpoints.Any(e => e.ToString() == s.Address)), "");
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    private static async Task<(double Seconds, Receipt Receipt)> FetchAsync(Bench bench, FilmSite site, Report report, CancellationToken stop)
    {
        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--torrent", site.Torrent.File);
        var path = $"/torrents/{site.Torrent.V1}";
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var got = await Download.GetAsync(new($"http://{node.Proxy}{path}"), null, stop);
        var seconds = clock.Elapsed.TotalSeconds;
        report.True("the file is whole and right", got.Body.AsSpan().SequenceEqual(site.Film.Content), $"{got.Body.Length} of {site.Film.Content.Length} bytes");
        var receipt = (await node.ReceiptsAsync("/" + site.Film.Name, stop)).Single();
        await node.TerminateAsync();
        return (seconds, receipt);
    }
}
