using System.Text.RegularExpressions;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A site whose visitors come to <c>seed --origin</c> before Debian's untouched nginx: four curls at once, libtorrent by the torrent that the Link names,
/// and a Swarm node elsewhere; then the file is another.
/// </summary>
public sealed partial class SeedOriginScenario : IScenario
{
    private const int FilmBytes = (8 << 20) + 12_345;
    private const int TrackerPort = 6969;
    private const int Visitors = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public string Name => "seed-origin";

    public string Holds => "Debian's nginx behind 'seed --origin': curls at once, libtorrent by the Link's torrent and the node's own tracker, a Swarm node elsewhere: identical, nginx sends <= 1.3 x the file; a changed file retires its torrent";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Libtorrent, Tool.Curl];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var network = await LabNetwork.StartAsync(bench, [.. Enumerable.Repeat(LineRate.Unlimited, 4)], stop);
        var (origin, front, stock, far) = (network.Hosts[0], network.Hosts[1], network.Hosts[2], network.Hosts[3]);
        var root = bench.NewFolder("www");
        var before = Film.Noise("film.mp4", FilmBytes, 44, 1_000_000);
        var after = Film.Noise("film.mp4", FilmBytes, 45, 1_000_000);
        var file = Path.Combine(root, before.Name);
        await File.WriteAllBytesAsync(file, before.Content, stop);
        var folder = bench.NewFolder("got");
        var witness = await Torrent.CreateAsync(bench, file, Path.Combine(folder, "witness.torrent"), stop);

        var nginx = await DebianNginx.StartAsync(bench, origin, root, stop);
        var node = await SeedingNode.StartBeforeAsync(bench, front, nginx.Url, TrackerPort, stop);
        var url = new Uri($"http://{front.Address}/{before.Name}");

        var visits = await Task.WhenAll(Enumerable.Range(0, Visitors).Select(i => CurlAsync(bench, far, Path.Combine(folder, $"visit-{i}"), stop, url.AbsoluteUri)));
        report.True($"{Visitors} curls at once: identical", visits.All(v => v.AsSpan().SequenceEqual(before.Content)), $"{visits.Sum(v => v.Length)} B");
        var published = await node.EventAsync("published", before.Name, 1, stop);
        report.Equal("infohash v1, ours = libtorrent's", published.GetProperty("infohash_v1").GetString(), witness.V1);
        report.Equal("infohash v2, ours = libtorrent's", published.GetProperty("infohash_v2").GetString(), witness.V2);

        var torrent = await LinkedAsync(bench, far, folder, url, stop);
        report.True("the Link leads to the torrent (its pieces root is there)", torrent.Bytes.AsSpan().IndexOf(new HashTree(before.Content).Root) >= 0, torrent.File);
        var leech = bench.NewFolder("leech");
        await using (var peer = await LibtorrentPeer.StartAsync(bench, new StockTask(stock, leech, witness with { File = torrent.File }, null), stop))
        {
            var counters = await peer.WaitAsync(static c => c.Seeding, Limit, stop);
            report.True("libtorrent, by the Link's torrent: identical", (await File.ReadAllBytesAsync(Path.Combine(leech, before.Name), stop)).AsSpan().SequenceEqual(before.Content), torrent.File);
            report.Exchanged(Tool.Libtorrent, "took", counters.DownloadedBytes);
        }

        await using (var elsewhere = await SwarmstreamNode.StartOnAsync(bench, far, stop))
        {
            var body = await CurlAsync(bench, far, Path.Combine(folder, "far"), stop, "-x", $"http://{elsewhere.Proxy}", url.AbsoluteUri);
            report.True("curl -x a Swarm node elsewhere: identical", body.AsSpan().SequenceEqual(before.Content), $"{body.Length} B");
            report.Exchanged(Tool.Curl, "(through it) took", body.Length);
        }

        var sent = nginx.SentOf(url.AbsolutePath);
        report.Exchanged(Tool.Nginx, "sent", sent);
        report.AtMost("nginx's bytes over the file's, in all", (double)sent / FilmBytes, 1.3, "x");

        // Another file takes its place in one step; the origin's next answer is enough.
        var fresh = Path.Combine(root, ".fresh");
        await File.WriteAllBytesAsync(fresh, after.Content, stop);
        File.Move(fresh, file, overwrite: true);
        var changed = await CurlAsync(bench, far, Path.Combine(folder, "changed"), stop, "-H", "Cache-Control: no-cache", url.AbsoluteUri);
        report.True("the next visitor gets the new file, whole", changed.AsSpan().SequenceEqual(after.Content), $"{changed.Length} B");
        report.Equal("the old torrent is retired", (await node.EventAsync("retired", before.Name, 1, stop)).GetProperty("why").GetString(), "it changed");
        await node.EventAsync("published", before.Name, 2, stop);
        var again = await LinkedAsync(bench, far, folder, url, stop);
        report.True("the Link leads to the new version's torrent", again.Bytes.AsSpan().IndexOf(new HashTree(after.Content).Root) >= 0, again.File);
        report.AtMost("seconds to end", (await node.TerminateAsync()).TotalSeconds, 5, "s");
    }

    /// <summary>The torrent that the file's answer names.</summary>
    private static async Task<(string File, byte[] Bytes)> LinkedAsync(Bench bench, LabHost host, string folder, Uri url, CancellationToken stop)
    {
        var head = System.Text.Encoding.Latin1.GetString(await CurlAsync(bench, host, Path.Combine(folder, "head"), stop, "-I", url.AbsoluteUri));
        var link = LinkField().Match(head).Groups[1].Value;
        if (link.Length == 0)
        {
            throw new LabException($"no Link to a torrent:\n{head}");
        }

        var file = Path.Combine(folder, "linked.torrent");
        return (file, await CurlAsync(bench, host, file, stop, new Uri(url, link).AbsoluteUri));
    }

    /// <summary>What curl wrote.</summary>
    private static async Task<byte[]> CurlAsync(Bench bench, LabHost host, string file, CancellationToken stop, params string[] arguments)
    {
        var (program, inside) = host.Inside(Tool.Curl.Program, ["-s", "-o", file, .. arguments]);
        await using var curl = ChildProcess.Start(bench.Reaper, program, inside);
        return await curl.WaitForExitAsync(Limit, stop) == 0
            ? await File.ReadAllBytesAsync(file, stop)
            : throw new LabException($"curl {string.Join(' ', arguments)} failed");
    }

    [GeneratedRegex("(?im)^Link: <([^>]+\\.torrent)>; rel=describedby; type=\"application/x-bittorrent\"")]
    private static partial Regex LinkField();
}
