using System.Net;
using Swarm.Discovery;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

// What a person does with a torrent: pause it, let it go on, re-hash it, throw it away.
public sealed partial class SwarmEngine
{
    /// <summary>Torrents whose swarms are not to be joined.</summary>
    private readonly HashSet<string> _halted = [];

    /// <summary>Stored contents of removed torrents, to be deleted once nobody holds them.</summary>
    private readonly HashSet<string> _doomed = [];

    public bool IsPaused(string infohash)
    {
        lock (_gate)
        {
            return _halted.Contains(infohash);
        }
    }

    /// <summary>Leaves the torrent's swarm and stays out. Responses under way go on alone: with their origin, or from what is here.</summary>
    public void Pause(string infohash)
    {
        lock (_gate)
        {
            _halted.Add(infohash);
            Reseat(infohash);
        }

        Sweep();
    }

    /// <summary>Joins again: at once where somebody reads, else on next use.</summary>
    public void Resume(string infohash)
    {
        lock (_gate)
        {
            if (_halted.Remove(infohash))
            {
                Reseat(infohash);
            }
        }
    }

    /// <summary>Forgets a torrent the user gave, and what the store keeps of it once no response reads it.</summary>
    /// <returns>False if it is not known.</returns>
    public bool RemoveTorrent(string infohash)
    {
        lock (_gate)
        {
            if (!_torrents.Remove(infohash, out var torrent))
            {
                return false;
            }

            _halted.Add(infohash);
            Reseat(infohash);
            _uploads.Ledger.Forget(infohash);
            // Files of the same bytes have one key: what another torrent has too stays.
            var others = _torrents.Values.SelectMany(t => StoreKeys(t.Metainfo)).ToHashSet();
            var keys = StoreKeys(torrent.Metainfo).Where(key => !others.Contains(key)).ToList();
            foreach (var key in keys)
            {
                _store?.TakeBack(key);
            }

            foreach (var handle in _catalog.All.Where(h => h.Version.Url.StartsWith($"torrent:{infohash}/", StringComparison.Ordinal)).ToArray())
            {
                _catalog.Retire(handle);
            }

            _doomed.UnionWith(keys);
        }

        Sweep();
        lock (_gate)
        {
            _halted.Remove(infohash);
        }

        return true;
    }

    /// <summary>Hashes again what the store keeps of a torrent. Blocks that fail are gone, and fetched again when somebody wants them.</summary>
    /// <returns>Blocks that were here, and those of them that failed.</returns>
    public async Task<(int Checked, int Lost)> RecheckAsync(TorrentRecord torrent, Action<long> progress, CancellationToken cancel)
    {
        if (_store is not null)
        {
            // What is still on its way to the disk is checked there too.
            await _store.FlushAsync().WaitAsync(cancel);
        }

        var (total, lost) = (0, 0);
        foreach (var key in StoreKeys(torrent.Metainfo))
        {
            using var content = _store?.Find(key);
            if (content is null)
            {
                continue;
            }

            await Task.Run(
                () =>
                {
                    content.Doubt();
                    foreach (var run in content.SuspectRuns())
                    {
                        for (var block = run.First; block < run.End; block++)
                        {
                            cancel.ThrowIfCancellationRequested();
                            total++;
                            lost += content.Verify(block) ? 0 : 1;
                            progress((long)total * PieceLayout.BlockSize);
                        }
                    }
                },
                cancel);
        }

        return (total, lost);
    }

    /// <summary>
    /// Hashes the files of a torrent that lie in a folder of the user's, and serves what is right from there. Nothing is written to
    /// that folder, ever.
    /// </summary>
    /// <param name="progress">Told the bytes looked at so far.</param>
    public Task<AdoptionOutcome> AdoptAsync(TorrentRecord torrent, string folder, Action<long> progress, CancellationToken cancel)
    {
        if (_store is null)
        {
            throw new IOException("there is no store");
        }

        // Open contents hear of each block; one that is opened later finds it.
        var adoption = new TorrentAdoption(_store, torrent.Metainfo, file => StoreKey(torrent.Metainfo, file));
        return Task.Run(() => adoption.Run(folder, progress, cancel), cancel);
    }

    /// <summary>Bytes of the torrent that are here: in memory, in the store, or in files of the user's.</summary>
    public long HeldBytes(TorrentRecord torrent)
    {
        var stored = _store?.Contents().ToDictionary(c => c.Key, c => c.StoredBytes) ?? [];
        var kept = StoreKeys(torrent.Metainfo).Sum(key => stored.GetValueOrDefault(key) + _store!.AdoptedBytes(key));
        return Math.Min(torrent.Metainfo.TotalLength, Math.Max(kept, PresentBytes(torrent.Metainfo.InfoHash.Id)));
    }

    // --- Inside the lock

    /// <summary>Every response of the torrent moves to the loop it belongs to now: a swarm's, or one of its own.</summary>
    private void Reseat(string infohash)
    {
        foreach (var handle in _catalog.All.Where(h => h.Version.Infohash == infohash).ToArray())
        {
            if (handle.Content.Attachment is { } at && (at.Loop.InfoHash is null) != _halted.Contains(infohash))
            {
                Attach(handle.Content);
                at.Loop.Detach(handle.Content);
            }
        }
    }

    private void DeleteDoomed()
    {
        if (_store is null)
        {
            _doomed.Clear();
            return;
        }

        // Known to the store and not deleted: somebody still holds it.
        _doomed.RemoveWhere(key => _store.Delete(key) || !_store.Contents().Any(c => c.Key == key));
    }

    private static IEnumerable<string> StoreKeys(Protocol.Metainfo metainfo) =>
        Enumerable.Range(0, metainfo.Layout.Files.Length).Where(f => metainfo.Layout.Files[f].Length > 0).Select(f => StoreKey(metainfo, f));

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
