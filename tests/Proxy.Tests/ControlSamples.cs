using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tests;

/// <summary>Views with plausible figures.</summary>
internal static class ControlSamples
{
    public static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static ResourceView Resource(string name) => new(
        "r1", "http://a.example/film.mp4", name, 612 << 20, "L5", false, new string('a', 64), ResourceState.Joined, null, 1, 300 << 20,
        new BytesBySource(Origin: 60 << 20, Peer: 240 << 20), 240 << 20, 12_500_000, 4);

    public static PeerView Peer(string client) => new(new string('a', 64), "peer", "192.0.2.7:51413", client, "unchoked", null, 1, 240 << 20, 0, 0, 9_000_000, 23.5);

    public static FlowView Flow(string id) => new(
        id, 3 * 16384, 16384, new(1, "op.", "990"), "210", [new(1, 0, 3 * 16384, 100, 32668, true, 0, 0, 5, 1.5, [new("origin", "a.example", 100)])], [new("p", "http://a.example/film.mp4", 1, 2, 1, false)]);

    public static TorrentView Torrent() => new(
        new string('a', 64), null, new string('a', 64), "film", 612 << 20, 0, "idle", 0, [new TorrentFileView("film.mp4", 612 << 20, "http://127.0.0.1:7976/torrents/" + new string('a', 64))]);

    public static ReceiptView Receipt(string id, string url = "http://a.example/film.mp4") => new(
        id, url, new ReceiptVersion("\"v1\"", 641_728_512, new string('a', 64)), 641_728_512, new BytesBySource(Origin: 141_180_272, Peer: 500_548_240),
        641_728_512, "L5", false, 65_536, 16_384,
        [
            new ReceiptSource("origin", "a.example", null, 141_180_272, [], false),
            new ReceiptSource("peer", "192.0.2.7:51413", "libtorrent/2.0", 300_000_000, [], false),
            new ReceiptSource("peer", "192.0.2.8:51413", null, 200_548_240, [], false),
            new ReceiptSource("peer", "192.0.2.9:51413", "Bad 1.0", 0, [new ReceiptBlame(7, "hash", Noon)], true),
        ],
        new ReceiptTimings(Noon, Noon.AddSeconds(41), 12.5, 41_000), ReceiptStalls.None, ReceiptOutcome.Complete);
}
