using System.Net;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>Magnets alone: metadata and bytes from stock seeds, v1, v2 and hybrid topics.</summary>
public sealed class MagnetScenario : IScenario
{
    public string Name => "magnet";

    public string Holds => "a magnet with one x.pe is enough: identical files from libtorrent (v1, v2, hybrid under either topic), Transmission and aria2 (v1)";

    public IReadOnlyList<Tool> Needs => [Tool.Libtorrent, Tool.Transmission, Tool.Aria2];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", 8 << 20, 17, 1_000_000);
        var folder = bench.NewFolder("seeded");
        await File.WriteAllBytesAsync(Path.Combine(folder, film.Name), film.Content, stop);
        var torrents = new Dictionary<string, Torrent>();
        foreach (var kind in new[] { "v1", "v2", "hybrid" })
        {
            torrents[kind] = await Torrent.CreateAsync(bench, Path.Combine(folder, film.Name), Path.Combine(bench.Folder, $"{kind}.torrent"), stop, kind);
        }

        var libtorrent = await LibtorrentPeer.StartAsync(bench, "127.0.0.2", folder, [.. torrents.Values], stop);
        await FetchAsync(bench, film, "libtorrent v1", $"xt=urn:btih:{torrents["v1"].V1}", libtorrent.Endpoint, report, stop);
        await FetchAsync(bench, film, "libtorrent v2", $"xt=urn:btmh:1220{torrents["v2"].V2}", libtorrent.Endpoint, report, stop);
        await FetchAsync(bench, film, "libtorrent hybrid, v1 topic", $"xt=urn:btih:{torrents["hybrid"].V1}", libtorrent.Endpoint, report, stop);
        await FetchAsync(bench, film, "libtorrent hybrid, v2 topic", $"xt=urn:btmh:1220{torrents["hybrid"].V2}", libtorrent.Endpoint, report, stop);
        await libtorrent.SettleAsync(stop);
        report.AtLeast("libtorrent's own count", libtorrent.Counters.UploadedBytes, 4L * film.Content.Length, "B");
        report.Exchanged(Tool.Libtorrent, "sent", libtorrent.Counters.UploadedBytes);

        var transmission = await TransmissionPeer.StartAsync(bench, "127.0.0.3", folder, torrents["v1"], stop);
        await FetchAsync(bench, film, "Transmission v1", $"xt=urn:btih:{torrents["v1"].V1}", transmission.Endpoint, report, stop);
        var sent = await transmission.UploadedBytesAsync(stop);
        report.AtLeast("Transmission's own count", sent, film.Content.Length, "B");
        report.Exchanged(Tool.Transmission, "sent", sent);

        var aria2 = await Aria2Peer.StartAsync(bench, "127.0.0.4", folder, torrents["v1"], stop);
        report.Exchanged(Tool.Aria2, "sent", await FetchAsync(bench, film, "aria2 v1", $"xt=urn:btih:{torrents["v1"].V1}", aria2.Endpoint, report, stop));
    }

    /// <returns>Bytes that the receipt says came from the peer.</returns>
    private static async Task<long> FetchAsync(Bench bench, Film film, string who, string topic, IPEndPoint peer, Report report, CancellationToken stop)
    {
        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--torrent", $"magnet:?{topic}&dn=film.mp4&x.pe={peer}");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var hash = topic[(topic.LastIndexOf(':') + 1)..];
        hash = topic.Contains("btmh", StringComparison.Ordinal) ? hash["1220".Length..] : hash;
        Download got;
        do
        {
            got = await Download.GetAsync(new($"http://{node.Proxy}/torrents/{hash}"), null, stop);
        }
        while (got.Status == 503 && clock.Elapsed.TotalSeconds < 60);

        report.True($"{who}: identical", got.Body.AsSpan().SequenceEqual(film.Content), $"{got.Status}, {got.Body.Length} of {film.Content.Length} bytes");
        report.Note($"{who}: took", FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:F1} s"));
        var receipt = (await node.ReceiptsAsync("/" + film.Name, stop))[^1];
        report.AtLeast($"{who}: bytes of the peer (receipt)", receipt.PeerBytes, film.Content.Length, "B");
        await node.TerminateAsync();
        return receipt.PeerBytes;
    }
}
