namespace Swarm.Lab.Harness;

/// <summary>A stock client as the interop matrix knows it: how it is started, and which torrents it reads.</summary>
/// <param name="Reads">Kinds of torrent files: <c>v1</c>, <c>v2</c>, <c>hybrid</c>.</param>
/// <param name="ReadsMagnets">Kinds of torrents that it can join by magnet.</param>
/// <param name="Gives">Kinds that it is tried as a seed with.</param>
/// <param name="Start">Starts it with a task; it is ready when it has checked what its folder has.</param>
public sealed record StockClient(
    string Key, Tool Tool, IReadOnlyList<string> Reads, IReadOnlyList<string> ReadsMagnets, IReadOnlyList<string> Gives,
    Func<Bench, StockTask, CancellationToken, Task<IStockPeer>> Start)
{
    /// <summary>Fetches a client that is not Debian's into a folder, before anything is timed.</summary>
    public Func<Bench, CancellationToken, Task<string>>? Install { get; init; }

    private static readonly string[] OnlyV1 = ["v1"];
    private static readonly string[] Every = ["v1", "v2", "hybrid"];

    // Transmission 3.00 refuses hybrid files and aria2 1.36 takes a wrong infohash from them (measured); rtorrent and WebTorrent see their v1 side.
    public static IReadOnlyList<StockClient> All { get; } =
    [
        new("libtorrent", Tool.Libtorrent, Every, Every, Every, async (b, t, s) => await LibtorrentPeer.StartAsync(b, t, s)),
        new("qbittorrent", Tool.Qbittorrent, Every, Every, Every, async (b, t, s) => await QbittorrentPeer.StartAsync(b, t, s)),
        new("transmission", Tool.Transmission, OnlyV1, OnlyV1, OnlyV1, async (b, t, s) => await TransmissionPeer.StartAsync(b, t, s)),
        new("aria2", Tool.Aria2, OnlyV1, OnlyV1, OnlyV1, async (b, t, s) => await Aria2Peer.StartAsync(b, t, s)),
        new("rtorrent", Tool.Rtorrent, ["v1", "hybrid"], OnlyV1, OnlyV1, async (b, t, s) => await RtorrentPeer.StartAsync(b, t, s)),
        new("webtorrent", Tool.Node, ["v1", "hybrid"], OnlyV1, OnlyV1, async (b, t, s) => await WebTorrentPeer.StartAsync(b, t, s)) { Install = WebTorrentPeer.InstallAsync },
    ];
}
