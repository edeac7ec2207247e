using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Engine;

// The torrents this node knows: given by the user, or named by an origin.
public sealed partial class SwarmEngine
{
    public IReadOnlyList<TorrentRecord> Torrents
    {
        get
        {
            lock (_gate)
            {
                return [.. _torrents.All];
            }
        }
    }

    /// <summary>Remembers a torrent. One given by the user binds to the URLs of its own url-list and is served by infohash.</summary>
    public TorrentRecord AddTorrent(Metainfo metainfo, bool givenByUser)
    {
        lock (_gate)
        {
            return AddTorrentLocked(metainfo, givenByUser, []);
        }
    }

    private TorrentRecord AddTorrentLocked(Metainfo metainfo, bool givenByUser, IReadOnlyList<PeerHint> peers)
    {
        if (_torrents.Add(metainfo, givenByUser, peers, out var torrent))
        {
            _doomed.ExceptWith(StoreKeys.Of(metainfo));
        }

        return torrent;
    }

    public TorrentRecord? FindTorrent(string infohashHex)
    {
        lock (_gate)
        {
            return _torrents.Find(infohashHex);
        }
    }

    /// <summary>The file of a given torrent whose url-list resolves to exactly this URL (BEP 19).</summary>
    public (TorrentRecord Torrent, int File)? BoundByUrlList(string url)
    {
        lock (_gate)
        {
            return _torrents.BoundByUrlList(url);
        }
    }

    /// <summary>Why the bytes of this layout file cannot be verified here; null if they can.</summary>
    public string? Unusable(Metainfo metainfo, int layoutFile) =>
        !metainfo.IsVerifiable(layoutFile) ? "the torrent has no piece hashes for this file"
        : !metainfo.HasV2Trees && metainfo.PieceLength > Options.MemoryBytes / 4
            ? $"its v1 pieces of {metainfo.PieceLength >> 20} MiB do not fit into the memory for blocks, which is {Options.MemoryBytes >> 20} MiB"
        : null;

    /// <summary>A torrent's own file, served on the user's authority; no origin stands above it.</summary>
    /// <param name="file">Index in <see cref="Metainfo.Files"/>.</param>
    public TorrentBytes TorrentFile(TorrentRecord torrent, int file)
    {
        var metainfo = torrent.Metainfo;
        return metainfo.IsAligned
            ? new(LayoutFile(torrent, file), new(0, metainfo.Files[file].Length))
            : new(LayoutFile(torrent, 0), metainfo.Files[file].Range);
    }

    private ResourceHandle LayoutFile(TorrentRecord torrent, int file)
    {
        var f = torrent.Metainfo.Layout.Files[file];
        var version = new ResourceVersion($"torrent:{torrent.Metainfo.InfoHash.Id}/{f.Path}", "identity", null, f.Length, torrent.Metainfo.InfoHash.Id, Authority.Tree, true);
        lock (_gate)
        {
            if (_catalog.Current(version.Url, "identity") is { } known)
            {
                known.LastUsed = _context.Now;
                return known;
            }

            var handle = _catalog.Name(version);
            handle.Content.WhenFalsified ??= _ => OnFalsified(handle);
            handle.Content.BindTree(new(torrent.Metainfo, file, Authority.Tree, confirmed: true), OpenTreeStore(torrent.Metainfo, file));
            return handle;
        }
    }

    /// <summary>Joins the torrent's swarm now rather than on first use.</summary>
    /// <param name="selects">The files to join for; null for all. Where pieces run across files the torrent is one content and joined whole.</param>
    public void JoinNow(TorrentRecord torrent, Func<int, bool>? selects = null)
    {
        for (var file = 0; file < torrent.Metainfo.Layout.Files.Length; file++)
        {
            if (Unusable(torrent.Metainfo, file) is null && (selects is null || !torrent.Metainfo.IsAligned || selects(file)))
            {
                var handle = LayoutFile(torrent, file);
                lock (_gate)
                {
                    if (handle.Content.Attachment is not null)
                    {
                        continue;
                    }

                    if (_loops.Values.FirstOrDefault(l => l.Loop.InfoHash == torrent.Metainfo.InfoHash) is { Loop: var loop, Swarm: var swarm }
                        && loop.File(file) is { Version.Shareable: true })
                    {
                        // Another content of the same file takes part; what the user joins may be named in clear, whatever that one came by.
                        swarm?.SpeakInClear();
                        continue;
                    }

                    Attach(handle.Content);
                }
            }
        }
    }

    /// <summary>Bytes of the torrent that are here: in memory, in the store, or in files of the user's.</summary>
    public long HeldBytes(TorrentRecord torrent)
    {
        var stored = _store?.Contents().ToDictionary(c => c.Key, c => c.StoredBytes) ?? [];
        var kept = StoreKeys.Of(torrent.Metainfo).Sum(key => stored.GetValueOrDefault(key) + _store!.AdoptedBytes(key));
        return Math.Min(torrent.Metainfo.TotalLength, Math.Max(kept, PresentBytes(torrent.Metainfo.InfoHash.Id)));
    }

    /// <summary>What a tracker of this node's own is to know of a torrent: it tracks what the user gave, and names this node while it gives. Null for any other.</summary>
    /// <param name="listens">Where this node takes peers; null if it does not.</param>
    public TrackedTorrent? Tracked(WireHash infoHash, IPEndPoint? listens)
    {
        if (!Torrents.Any(t => t.GivenByUser && (WireHash.V1Of(t.Metainfo.InfoHash) == infoHash || WireHash.V2Of(t.Metainfo.InfoHash) == infoHash)))
        {
            return null;
        }

        return listens is not null && Swarms.FirstOrDefault(s => s.Torrent.V1 == infoHash || s.Torrent.V2 == infoHash) is { Uploads.Announces: true } swarm
            ? new(PeerEndpoint.From(listens), swarm.Uploads.IsComplete)
            : new(null);
    }
}
