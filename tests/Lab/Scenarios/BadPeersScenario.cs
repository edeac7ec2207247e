using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>A corrupter, a mute and a dripping peer among good ones: nothing wrong gets through, nobody waits for them.</summary>
public sealed class BadPeersScenario : IScenario
{
    private const double BytesPerSecond = 500_000;
    private const int FilmSeconds = 20;

    public string Name => "bad-peers";

    public string Holds => "corrupting, mute and 4 KB/s peers among good ones: no wrong byte, the corrupter banned by address and block, startup ≤ 1.5× of without";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var runs = depth == Depth.Repeated ? 9 : 3;
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 7, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * 0.7, stop);
        await site.AddSeedAsync(BytesPerSecond * 1.2, stop);
        await site.AddSeedAsync(BytesPerSecond * 1.2, stop);
        await site.WaitForPeersAsync(2, stop);

        var without = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            without.Add((await PlayAsync(bench, site, [new(0, 1)], stop)).Played.First.StartupSeconds);
        }

        var corrupter = await site.AddBadPeerAsync(Misbehaviour.Corrupt, BytesPerSecond * 1.2, stop);
        var mute = await site.AddBadPeerAsync(Misbehaviour.Mute, BytesPerSecond, stop);
        var drip = await site.AddBadPeerAsync(Misbehaviour.Drip, BytesPerSecond, stop);
        await site.WaitForPeersAsync(5, stop);
        var with = new List<double>();
        long wrong = 0;
        for (var i = 1; i < runs; i++)
        {
            var (played, _) = await PlayAsync(bench, site, [new(0, 1)], stop);
            with.Add(played.First.StartupSeconds);
            wrong += played.WrongBytes;
        }

        var (whole, receipts) = await PlayAsync(bench, site, [PlayLeg.Whole], stop);
        with.Add(whole.First.StartupSeconds);
        report.Equal("wrong bytes", wrong + whole.WrongBytes, 0L);
        report.Equal("bytes of the whole film", whole.Bytes, (long)film.Content.Length);
        report.Equal("stalls", whole.Stalls, 0);
        report.AtMost("startup over startup without them, medians", Statistics.Median(with) / Statistics.Median(without), 1.5, "");
        report.Note("startup without them", Statistics.Spread(without, "s"));
        report.Note("startup with them", Statistics.Spread(with, "s"));

        var blamed = receipts.SelectMany(r => r.Sources).FirstOrDefault(s => s.Address == corrupter.Endpoint.ToString());
        report.True("the corrupter is banned in the receipt", blamed is { Banned: true }, blamed?.Address ?? "not in the receipt");
        report.AtLeast("blocks it is blamed for there", blamed?.BlamedBlocks.Count ?? 0, 1, "");
        report.AtLeast("bytes rejected", receipts.Sum(r => r.RejectedBytes), 1, "B");
        report.True("no good seed is banned", !receipts.SelectMany(r => r.Sources).Any(s => s.Banned && site.SeedEndpoints.Any(e => e.ToString() == s.Address)), "");
        report.Note("blocks asked of corrupter, mute, drip", $"{corrupter.BlocksAsked}, {mute.BlocksAsked}, {drip.BlocksAsked}");
        report.Note("bytes the corrupter sent in all runs", $"{corrupter.PayloadBytes} B over {corrupter.Handshakes} connections");
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    private static async Task<(PlayResult Played, IReadOnlyList<Receipt> Receipts)> PlayAsync(
        Bench bench, FilmSite site, IReadOnlyList<PlayLeg> legs, CancellationToken stop)
    {
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        var played = await new ByteClockReader(site.Film, site.Url, node.Proxy).PlayAsync(legs, stop);
        var receipts = await node.ReceiptsAsync(site.Path, stop);
        await node.TerminateAsync();
        return (played, receipts);
    }
}
