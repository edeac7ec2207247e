using Swarm.Core;

namespace Swarm.Engine;

// What a person does with a torrent: pause it, let it go on, re-hash it, throw it away.
public sealed partial class SwarmEngine
{
    public bool IsPaused(string infohash)
    {
        lock (_gate)
        {
            return _torrents.IsHalted(infohash);
        }
    }

    /// <summary>Leaves the torrent's swarm and stays out. Responses under way go on alone: with their origin, or from what is here.</summary>
    public void Pause(string infohash)
    {
        lock (_gate)
        {
            _torrents.Halt(infohash);
            Reseat(infohash);
        }

        Sweep();
    }

    /// <summary>Joins again: at once where somebody reads, else on next use.</summary>
    public void Resume(string infohash)
    {
        lock (_gate)
        {
            if (_torrents.GoOn(infohash))
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

            _torrents.Halt(infohash);
            Reseat(infohash);
            _uploads.Ledger.Forget(infohash);
            // Files of the same bytes have one key: what another torrent has too stays.
            var others = _torrents.All.SelectMany(t => StoreKeys.Of(t.Metainfo)).ToHashSet();
            var keys = StoreKeys.Of(torrent.Metainfo).Where(key => !others.Contains(key)).ToList();
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
            _torrents.GoOn(infohash);
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
        foreach (var key in StoreKeys.Of(torrent.Metainfo))
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
        var adoption = new TorrentAdoption(_store, torrent.Metainfo, file => StoreKeys.Of(torrent.Metainfo, file));
        return Task.Run(() => adoption.Run(folder, progress, cancel), cancel);
    }
}
