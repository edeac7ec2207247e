using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>The torrents this node knows, and whose swarms it stays out of. Not thread-safe: guarded by the engine's lock.</summary>
internal sealed class TorrentBook
{
    private readonly Dictionary<string, TorrentRecord> _known = [];

    /// <summary>Torrents whose swarms are not to be joined.</summary>
    private readonly HashSet<string> _halted = [];

    public IEnumerable<TorrentRecord> All => _known.Values;

    /// <summary>Remembers a torrent. One that the user gave stays the user's.</summary>
    /// <returns>False if it was known: <paramref name="torrent"/> is what is known.</returns>
    public bool Add(Metainfo metainfo, bool givenByUser, IReadOnlyList<PeerHint> peers, out TorrentRecord torrent)
    {
        var id = metainfo.InfoHash.Id;
        if (_known.TryGetValue(id, out var known) && (known.GivenByUser || !givenByUser))
        {
            torrent = known;
            return false;
        }

        _known[id] = torrent = new(metainfo, givenByUser) { Peers = peers };
        return true;
    }

    public TorrentRecord? ById(string id) => _known.GetValueOrDefault(id);

    /// <summary>By either hash, in hex; one that the user gave comes first.</summary>
    public TorrentRecord? Find(string infohashHex)
    {
        var named = _known.Values.Where(t => t.Metainfo.InfoHash.Matches(infohashHex)).ToArray();
        return Array.Find(named, t => t.GivenByUser) ?? named.FirstOrDefault();
    }

    /// <summary>The file of a given torrent whose url-list resolves to exactly this URL (BEP 19).</summary>
    public (TorrentRecord Torrent, int File)? BoundByUrlList(string url)
    {
        foreach (var torrent in _known.Values.Where(t => t.GivenByUser))
        {
            if (UrlList.FileOf(torrent.Metainfo, url) is >= 0 and var file)
            {
                return (torrent, file);
            }
        }

        return null;
    }

    public bool Remove(string id, out TorrentRecord torrent) => _known.Remove(id, out torrent!);

    /// <summary>Torrents that a Link brought matter while a version is bound to them.</summary>
    public void KeepOnly(IReadOnlySet<string> bound)
    {
        foreach (var (id, torrent) in _known.ToArray())
        {
            if (!torrent.GivenByUser && !bound.Contains(id))
            {
                _known.Remove(id);
            }
        }
    }

    public bool IsHalted(string id) => _halted.Contains(id);

    public void Halt(string id) => _halted.Add(id);

    /// <returns>False if it was not halted.</returns>
    public bool GoOn(string id) => _halted.Remove(id);
}
