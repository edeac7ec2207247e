using System.Net;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>How long a viewer waits, at the start and after a seek, against the least that any client could.</summary>
public sealed class StartupScenario : IScenario
{
    private const double BytesPerSecond = 500_000;
    private const double OriginShareOfRate = 0.7;
    private const double SeedShareOfRate = 1.2;
    private const int FilmSeconds = 60;
    private const double AllowedOverBound = 2.5;
    private static readonly TimeSpan OneWayDelay = TimeSpan.FromMilliseconds(20);

    public string Name => "startup";

    public string Holds => "startup and seek to 2 s of media within 2.5× the bound, at 40 ms round trips";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var runs = depth == Depth.Repeated ? 9 : 3;
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 8, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * OriginShareOfRate, stop, originDelay: OneWayDelay, announce: false);
        var lines = new List<ThrottledRelay>();
        for (var i = 0; i < 2; i++)
        {
            // The seeds' own limit is off: rate and delay are the line's.
            var seed = await site.AddSeedAsync(0, stop);
            lines.Add(bench.Own(new ThrottledRelay(seed.Endpoint, BytesPerSecond * SeedShareOfRate, OneWayDelay, IPAddress.Parse($"127.0.0.{50 + i}"))));
        }

        string[] peers = [.. lines.SelectMany(l => new[] { "--peer", l.Endpoint.ToString() })];
        var startups = new List<double>();
        var seeks = new List<double>();
        var firstBytes = new List<double>();
        var stalls = 0;
        long wrong = 0;
        for (var i = 0; i < runs; i++)
        {
            await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, peers);
            var played = await new ByteClockReader(film, site.Url, node.Proxy) { BufferSeconds = 4 }.PlayAsync([new(0, 2), new(0.5, 2), new(0.9, 2)], stop);
            await node.TerminateAsync();
            startups.Add(played.First.StartupSeconds);
            firstBytes.Add(played.First.FirstByteSeconds);
            seeks.AddRange(played.Legs.Skip(1).Select(l => l.StartupSeconds));
            stalls += played.Stalls;
            wrong += played.WrongBytes;
        }

        var roundTrip = 2 * OneWayDelay.TotalSeconds;
        var media = ByteClockReader.StartSeconds * BytesPerSecond;
        var (origin, seeds) = (BytesPerSecond * OriginShareOfRate, BytesPerSecond * SeedShareOfRate * lines.Count);
        var cold = FluidBound.Seconds(media, roundTrip, [(origin, FluidBound.OriginRoundTrips), (seeds, FluidBound.ColdPeerRoundTrips)]);
        var warm = FluidBound.Seconds(media, roundTrip, [(origin, FluidBound.OriginRoundTrips), (seeds, FluidBound.WarmRoundTrips)]);
        report.AtMost("startup to 2 s of media over its bound, median", Statistics.Median(startups) / cold, AllowedOverBound, "");
        report.Note("startup; bound", FormattableString.Invariant($"{Statistics.Spread(startups, "s")}; {cold:F3} s"));
        report.AtMost("seek to 2 s of media over its bound, median", Statistics.Median(seeks) / warm, AllowedOverBound, "");
        report.Note("seek; bound", FormattableString.Invariant($"{Statistics.Spread(seeks, "s")}; {warm:F3} s"));
        report.Note("first byte", Statistics.Spread(firstBytes, "s"));
        report.Equal("stalls", stalls, 0);
        report.Equal("wrong bytes", wrong, 0L);
        foreach (var seed in site.Seeds)
        {
            await seed.SettleAsync(stop);
        }

        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
        report.Exchanged(Tool.Nginx, "sent", site.Nginx.BytesSentOf(site.Path));
    }
}
