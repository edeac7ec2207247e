namespace Swarm.Proxy.Control;

/// <summary>The answer to adding a torrent or doing something with one: the torrent, or one sentence why not.</summary>
/// <param name="Known">True if the node had it already; adding twice is no error.</param>
public sealed record AddTorrentResult(TorrentView? Torrent, bool Known, string? Problem)
{
    public static AddTorrentResult Added(TorrentView torrent) => new(torrent, false, null);

    public static AddTorrentResult AlreadyKnown(TorrentView torrent) => new(torrent, true, null);

    public static AddTorrentResult Refused(string sentence) => new(null, false, sentence);
}
