using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>Torrents whose only source is a web seed (BEP 19): Debian's nginx, with its own log as the witness.</summary>
public sealed class WebSeedScenario : IScenario
{
    private const int Bytes = 12 << 20;

    public string Name => "web-seed";

    public string Holds => "a torrent that only nginx has, v1 and hybrid, given, added to a running node or named by a magnet, arrives identical by bounded ranges, each byte once";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Libtorrent];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var nginx = await Nginx.StartAsync(bench, null, stop);
        foreach (var kind in new[] { "v1", "hybrid" })
        {
            foreach (var way in new[] { "get", "add", "magnet" })
            {
                await FetchAsync(bench, nginx, kind, way, report, stop);
            }
        }

        report.Exchanged(Tool.Nginx, "sent", nginx.Log().Where(e => e.Path.EndsWith(".mp4", StringComparison.Ordinal)).Sum(e => e.BodyBytes));
    }

    private static async Task FetchAsync(Bench bench, Nginx nginx, string kind, string way, Report report, CancellationToken stop)
    {
        var film = Film.Noise($"{kind}-{way}.mp4", Bytes, $"{kind}{way}".Sum(c => c), 1_000_000);
        var path = $"/plain/{film.Name}";
        nginx.Publish($"plain/{film.Name}", film.Content);
        var folder = bench.NewFolder(film.Name);
        var source = Path.Combine(folder, film.Name);
        await File.WriteAllBytesAsync(source, film.Content, stop);
        var url = Nginx.UrlOf(nginx.Port, path);
        var torrent = await Torrent.CreateAsync(
            bench, source, Path.Combine(nginx.Root, "plain", film.Name + ".torrent"), stop, kind, webSeed: way == "magnet" ? null : url);

        byte[] got;
        long fromWebSeed;
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);
        if (way == "add")
        {
            report.Equal($"{kind}, add: exit code", await node.RunAsync(stop, "add", torrent.File), 0);
            got = (await Download.GetAsync(new($"http://{node.Proxy}/torrents/{torrent.V1}"), null, stop)).Body;
        }
        else
        {
            var output = Path.Combine(bench.NewFolder("out"), film.Name);
            var what = way == "get" ? torrent.File
                : $"magnet:?xt=urn:btih:{torrent.V1}&dn={film.Name}&xs={Uri.EscapeDataString(url + ".torrent")}&ws={Uri.EscapeDataString(url.AbsoluteUri)}";
            report.Equal($"{kind}, {way}: exit code", await node.RunAsync(stop, "get", what, "-o", output), 0);
            got = File.Exists(output) ? await File.ReadAllBytesAsync(output, stop) : [];
        }

        fromWebSeed = (await node.ReceiptsAsync("/" + film.Name, stop)).Sum(r => r.WebSeedBytes);
        await node.TerminateAsync();
        report.True($"{kind}, {way}: identical", got.AsSpan().SequenceEqual(film.Content), $"{got.Length} of {Bytes} bytes");
        report.Equal($"{kind}, {way}: bytes of the web seed (receipt)", fromWebSeed, Bytes);
        var log = nginx.Log().Where(e => e.Path == path).ToArray();
        report.AtLeast($"{kind}, {way}: bytes (nginx's log)", log.Sum(e => e.BodyBytes), Bytes, "B");
        report.AtMost($"{kind}, {way}: bytes (nginx's log)", log.Sum(e => e.BodyBytes), Bytes * 1.05, "B");
        report.True($"{kind}, {way}: bounded ranges alone", log.All(e => e.Status == 206 && e.BodyBytes <= 1 << 20), $"{log.Length} requests on {log.Select(e => e.Connection).Distinct().Count()} connections");
    }
}
