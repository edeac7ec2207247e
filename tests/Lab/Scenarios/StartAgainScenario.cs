using System.Diagnostics;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A node ends in the middle of a film and is started again: its store has parts of it, from the origin and from peers, with holes between
/// them. The whole file comes as fast as the site alone would give it, wherever the holes are.
/// </summary>
public sealed class StartAgainScenario : IScenario
{
    private const int FilmSeconds = 90;
    private const int KilobitsPerSecond = 2000;
    private const int Tries = 8;
    private const double WatchedSeconds = 4;

    public string Name => "start-again";

    public string Holds => "a node started again with parts of a film gives the whole of it, right, in ≤ 2 of the time the site alone takes";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
        var thin = film.BytesPerSecond * 0.7;
        var site = await FilmSite.StartAsync(bench, film, thin, stop);
        await site.AddSeedAsync(film.BytesPerSecond * 1.2, stop);
        await site.WaitForPeersAsync(1, stop);
        var places = new Random(1);
        var ratios = new List<double>();
        var given = 0L;
        for (var i = 0; i < Tries; i++)
        {
            // Where both bring parts: the site is slower than the film.
            site.Relay.BytesPerSecond = thin;
            var node = await SwarmstreamNode.StartAsync(bench, stop);
            await new ByteClockReader(film, site.Url, node.Proxy).PlayAsync([new(0, WatchedSeconds), new(places.NextDouble() * 0.9, WatchedSeconds)], stop);
            await node.TerminateAsync();
            site.Relay.BytesPerSecond = film.BytesPerSecond * 20;
            var clock = Stopwatch.StartNew();
            await Download.GetAsync(site.Url, null, stop);
            var direct = clock.Elapsed;

            node = await node.StartAgainAsync(stop);
            clock.Restart();
            var got = await Download.GetAsync(site.Url, node.Proxy, stop);
            ratios.Add(clock.Elapsed / direct);
            report.True(FormattableString.Invariant($"try {i + 1}: the whole film, right"), got is { Status: 200, Broken: false } && got.Body.AsSpan().SequenceEqual(film.Content), $"{got.Body.Length} B");
            given += got.Body.Length;
            await node.TerminateAsync();
        }

        report.Note("time over that of the site alone", Statistics.Spread(ratios, ""));
        report.AtMost("the slowest", ratios.Max(), 2, "of the site's own time");
        report.Exchanged(Tool.Nginx, "film bytes that the nodes gave", given);
        report.Exchanged(Tool.Libtorrent, "the seed sent", site.SeedsUploadedBytes);
    }
}
