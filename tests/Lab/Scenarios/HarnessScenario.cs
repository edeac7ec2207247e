using System.Diagnostics;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// The lab tries itself, with stock programs on both sides: a bench that cannot see a stall or a wrong byte would pass
/// everything.
/// </summary>
public sealed class HarnessScenario : IScenario
{
    private const int FilmSeconds = 16;
    private const double BytesPerSecond = 500_000;

    public string Name => "harness";

    public string Holds => "the lab's limits, counters, stall clock and bad peers measure what they say, tried with stock clients only";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 1, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * 4, stop);
        var metainfo = await File.ReadAllBytesAsync(site.Torrent.File, stop);
        report.True("libtorrent's torrent holds the root that our tree computes",
            metainfo.AsSpan().IndexOf(new HashTree(film.Content).Root) >= 0, $"{metainfo.Length} B");
        await SharedLimitAsync(site, report, stop);
        await StallsAsync(site, report, stop);

        var seeds = new[] { await site.AddSeedAsync(BytesPerSecond * 2, stop), await site.AddSeedAsync(BytesPerSecond * 2, stop) };
        await site.WaitForPeersAsync(seeds.Length, stop);
        await LeechAsync(bench, site, report, stop);
        await BadPeersAsync(bench, site, report, stop);
    }

    private static async Task SharedLimitAsync(FilmSite site, Report report, CancellationToken stop)
    {
        const int Connections = 3;
        var share = site.Film.Content.Length / Connections;
        var clock = Stopwatch.StartNew();
        var parts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
        {
            using var exchange = await HttpExchange.GetAsync(site.Url, null, $"{i * share}-{((i + 1) * share) - 1}", stop);
            return (Right: (await exchange.ReadAllAsync(stop)).AsSpan().SequenceEqual(site.Film.Content.AsSpan(i * share, share)), exchange.Headers);
        }));
        var rate = share * Connections / clock.Elapsed.TotalSeconds / site.Relay.BytesPerSecond;
        report.True("three ranges at once from nginx are right", parts.All(p => p.Right), $"{share * Connections} B");
        report.AtMost("their common rate over the limit", rate, 1.03, "");
        report.AtLeast("their common rate over the limit", rate, 0.93, "");
        report.True("the answers carry Link and a strong ETag",
            parts.All(p => p.Headers["Link"].Contains(".torrent>; rel=describedby", StringComparison.Ordinal) && p.Headers["ETag"].StartsWith('"')),
            parts[0].Headers["ETag"]);
        report.Agree("nginx's log / the relay's count", site.Nginx.BytesSentOf(site.Path), site.Relay.BytesDown, 0.01, site.Film.Content.Length);
        report.Exchanged(Tool.Nginx, "sent", site.Nginx.BytesSentOf(site.Path));
    }

    private static async Task StallsAsync(FilmSite site, Report report, CancellationToken stop)
    {
        site.Relay.BytesPerSecond = BytesPerSecond * 0.7;
        var slow = await new ByteClockReader(site.Film, site.Url, null).PlayAsync([new(0, 8)], stop);
        report.AtLeast("startup at 0.7 of the rate (2 s of media)", slow.First.StartupSeconds, 2.7, "s");
        report.AtMost("startup at 0.7 of the rate (2 s of media)", slow.First.StartupSeconds, 3.2, "s");
        report.AtLeast("stall ratio at 0.7 of the rate", slow.First.StallRatio, 0.05, "%");

        site.Relay.BytesPerSecond = BytesPerSecond * 4;
        var quick = await new ByteClockReader(site.Film, site.Url, null).PlayAsync([new(0, 2), new(0.5, 2), new(0.9), new(0.1, 1)], stop);
        report.Equal("stalls at 4 times the rate, with three seeks", quick.Stalls, 0);
        report.Equal("wrong bytes", quick.WrongBytes + slow.WrongBytes, 0L);

        await Poll.UntilAsync(_ => Task.FromResult(site.Relay.OpenConnections == 0), TimeSpan.FromSeconds(10), stop);
        report.Equal("connections left when all clients are gone, after seeks too", site.Relay.OpenConnections, 0);

        var other = site.Film with { Content = [.. site.Film.Content] };
        other.Content[1_000_000] ^= 1;
        var spoiled = await new ByteClockReader(other, site.Url, null).PlayAsync([new(0, 3)], stop);
        report.Equal("wrong bytes seen where one is wrong", spoiled.WrongBytes, 1L);
    }

    private static async Task LeechAsync(Bench bench, FilmSite site, Report report, CancellationToken stop)
    {
        var folder = bench.NewFolder("leech");
        var leech = await LibtorrentPeer.StartAsync(bench, "127.0.0.101", folder, [site.Torrent], stop, leech: true);
        var clock = Stopwatch.StartNew();
        var end = await leech.WaitAsync(c => c.Seeding, TimeSpan.FromSeconds(90), stop);
        var seconds = clock.Elapsed.TotalSeconds;
        report.True("a stock leech gets the file from two stock seeds",
            (await File.ReadAllBytesAsync(Path.Combine(folder, site.Film.Name), stop)).AsSpan().SequenceEqual(site.Film.Content), $"{seconds:F1} s");
        report.AtLeast("seconds at twice two times the rate", seconds, FilmSeconds / 4.0 * 0.7, "s");
        await leech.DisposeAsync();
        foreach (var seed in site.Seeds)
        {
            await seed.SettleAsync(stop);
        }

        report.Agree("what the seeds sent / what the leech got", site.SeedsUploadedBytes, end.DownloadedBytes, 0.05, site.Film.Content.Length);
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    private static async Task BadPeersAsync(Bench bench, FilmSite site, Report report, CancellationToken stop)
    {
        var bad = new[] { Misbehaviour.Corrupt, Misbehaviour.Mute, Misbehaviour.Drip };
        var peers = new List<WirePeer>();
        foreach (var kind in bad)
        {
            peers.Add(await site.AddBadPeerAsync(kind, BytesPerSecond * 2, stop));
        }

        var good = await site.AddBadPeerAsync(Misbehaviour.None, BytesPerSecond * 2, stop);
        // It need not finish: how long a stock client needs among such peers is its own affair (minutes, now and then).
        var leech = await LibtorrentPeer.StartAsync(
            bench, "127.0.0.102", bench.NewFolder("leech"), [site.Torrent], stop, leech: true,
            dial: [.. peers.Select(p => p.Endpoint), good.Endpoint]);
        var seen = await leech.WaitAsync(
            c => c.HashFailedBytes > 0 && good.PayloadBytes > 0 && peers.All(p => p.BlocksAsked > 0), TimeSpan.FromSeconds(90), stop);
        report.AtLeast("bytes a stock leech refused among bad peers", seen.HashFailedBytes, 1, "B");
        for (var i = 0; i < bad.Length; i++)
        {
            report.AtLeast($"blocks it asked of the one that is {bad[i]}", peers[i].BlocksAsked, 1, "");
        }

        report.AtLeast("bytes our honest wire peer gave it", good.PayloadBytes, 1, "B");
        report.Note("hash requests our peers answered", $"{peers.Append(good).Sum(p => p.HashesServed)}");
        await leech.DisposeAsync();
    }
}
