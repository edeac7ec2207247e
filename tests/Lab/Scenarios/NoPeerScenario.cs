using System.Diagnostics;
using System.Net;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>Where there is no swarm the proxy is not felt: paired with direct requests, in one run.</summary>
public sealed class NoPeerScenario : IScenario
{
    private const double LineBytesPerSecond = 100e6 / 8;
    private const int LargeBytes = 8_000_000;
    private const int SmallBytes = 2_000;

    public string Name => "no-peer";

    public string Holds => "without peers: ≥ 0.97 of direct at 100 Mbit/s, one origin request per request, first byte + < 5 ms";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var (pairs, smallPairs) = depth == Depth.Repeated ? (41, 401) : (11, 101);
        var nginx = await Nginx.StartAsync(bench, null, stop);
        var large = Film.Noise("large.mp4", LargeBytes, 3, LineBytesPerSecond);
        var small = Film.Noise("small.mp4", SmallBytes, 4, LineBytesPerSecond);
        nginx.Publish(Path.Combine("plain", large.Name), large.Content);
        nginx.Publish(Path.Combine("plain", small.Name), small.Content);
        await using var relay = new ThrottledRelay(nginx.Endpoint, LineBytesPerSecond);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);

        // Each request has a URL of its own: no cache may help.
        Uri Large(string tag, int i) => Nginx.UrlOf(relay.Port, $"/plain/{large.Name}?{tag}={i}");
        Uri Small(string tag, int i) => Nginx.UrlOf(nginx.Port, $"/plain/{small.Name}?{tag}={i}");

        var ratios = new List<double>();
        var wrong = 0;
        for (var i = -1; i < pairs; i++)
        {
            // The first pair warms both up; then who goes first changes.
            var first = i % 2 == 0;
            var a = await FetchAsync(Large(first ? "direct" : "proxied", i), first ? null : node.Proxy, large, stop);
            var b = await FetchAsync(Large(first ? "proxied" : "direct", i), first ? node.Proxy : null, large, stop);
            wrong += (a.Right ? 0 : 1) + (b.Right ? 0 : 1);
            if (i >= 0)
            {
                ratios.Add(first ? a.Seconds / b.Seconds : b.Seconds / a.Seconds);
            }
        }

        var added = new List<double>();
        for (var i = -20; i < smallPairs; i++)
        {
            var direct = await FetchAsync(Small("direct", i), null, small, stop);
            var proxied = await FetchAsync(Small("proxied", i), node.Proxy, small, stop);
            wrong += (direct.Right ? 0 : 1) + (proxied.Right ? 0 : 1);
            if (i >= 0)
            {
                added.Add((proxied.FirstByteSeconds - direct.FirstByteSeconds) * 1000);
            }
        }

        report.Equal("wrong answers", wrong, 0);
        report.AtLeast("throughput over direct at 100 Mbit/s, median of pairs", Statistics.Median(ratios), 0.97, "");
        report.Note("its spread", Statistics.Spread(ratios, ""));
        report.AtMost("first byte added, median of pairs", Statistics.Median(added), 5, "ms");
        report.Note("its spread", Statistics.Spread(added, "ms"));
        var log = nginx.Log().Where(e => e.Path.Contains("proxied", StringComparison.Ordinal)).ToList();
        report.Equal("origin requests for the proxied ones", log.Count, pairs + 1 + smallPairs + 20);
        var again = log.GroupBy(e => e.Path).Where(g => g.Count() > 1).ToList();
        report.Equal("proxied URLs asked more than once", again.Count, 0);
        foreach (var entry in again.SelectMany(g => g))
        {
            report.Note("asked more than once", $"{entry.Path} {entry.Range ?? "whole"} {entry.Status} {entry.BodyBytes} B");
        }

        report.AtMost("connections to the slow line, over requests", (double)relay.Connections / (2 * (pairs + 1)), 1, "");
        report.Exchanged(Tool.Nginx, "sent", nginx.Log().Sum(e => e.BodyBytes));
    }

    private static async Task<(double FirstByteSeconds, double Seconds, bool Right)> FetchAsync(
        Uri url, IPEndPoint? proxy, Film expected, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        using var exchange = await HttpExchange.GetAsync(url, proxy, null, stop);
        var body = new byte[expected.Content.Length + 1];
        var n = await exchange.ReadAsync(body, stop);
        var firstByte = clock.Elapsed.TotalSeconds;
        for (int more; (more = await exchange.ReadAsync(body.AsMemory(n), stop)) > 0;)
        {
            n += more;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        return (firstByte, seconds, exchange.Status == 200 && body.AsSpan(0, n).SequenceEqual(expected.Content));
    }
}
