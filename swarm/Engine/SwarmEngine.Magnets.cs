using System.Collections.Immutable;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

// Magnets: torrents whose metadata is still to be found. One becomes a torrent as soon as a peer gave what hashes to its infohash.
public sealed partial class SwarmEngine
{
    /// <summary>A search that nobody waits for ends after this long.</summary>
    private const long IdleSearchMicros = 120_000_000;

    private const int MaxMagnets = 1_000;

    /// <summary>Metafile URLs of one magnet (<c>xs</c>) that are tried.</summary>
    private const int MaxMetafiles = 4;

    private readonly Dictionary<string, MagnetEntry> _magnets = [];

    /// <summary>Fetches a metafile by URL, under the rules of the front; null where it cannot be had. Set before magnets are used; without it <c>xs</c> is not followed.</summary>
    public Func<string, CancellationToken, Task<Metainfo?>>? FetchMetafile { get; set; }

    private sealed class MagnetEntry(Bep53Magnet magnet)
    {
        public Bep53Magnet Magnet => magnet;
        public MagnetSearch? Search;
        public Instant LastAsked;
    }

    /// <summary>Magnets that the user gave and whose metadata is not here yet.</summary>
    public IReadOnlyList<MagnetRecord> Magnets
    {
        get
        {
            lock (_gate)
            {
                return [.. _magnets.Values.Select(m => new MagnetRecord(m.Magnet, m.Search is not null, m.Search?.Asked ?? 0))];
            }
        }
    }

    /// <summary>Remembers a magnet the user gave; its metadata is looked for on first use.</summary>
    /// <returns>Null, or why not: a sentence.</returns>
    public string? AddMagnet(Bep53Magnet magnet)
    {
        lock (_gate)
        {
            var id = magnet.InfoHash.Id;
            if (_torrents.All.Any(t => t.GivenByUser && SameTorrent(t.Metainfo.InfoHash, magnet.InfoHash)) || _magnets.ContainsKey(id))
            {
                return null;
            }

            if (_magnets.Count >= MaxMagnets)
            {
                return $"{MaxMagnets} magnets wait for their metadata already";
            }

            _magnets[id] = new(magnet);
            return null;
        }
    }

    /// <summary>The magnet of this infohash whose metadata is not here yet, or null.</summary>
    public Bep53Magnet? FindMagnet(string infohashHex)
    {
        lock (_gate)
        {
            return _magnets.Values.FirstOrDefault(m => m.Magnet.InfoHash.Matches(infohashHex))?.Magnet;
        }
    }

    /// <summary>The torrent of this infohash, once its metadata is here; null if it is unknown or the metadata does not come in time.</summary>
    public async Task<TorrentRecord?> ResolveAsync(string infohashHex, TimeSpan patience, CancellationToken cancel)
    {
        MagnetSearch search;
        lock (_gate)
        {
            if (_closed || _magnets.Values.FirstOrDefault(m => m.Magnet.InfoHash.Matches(infohashHex)) is not { } entry)
            {
                return _torrents.Find(infohashHex);
            }

            entry.LastAsked = _context.Now;
            if (entry.Search is null)
            {
                entry.Search = new(_context, _network, entry.Magnet);
                foreach (var url in FetchMetafile is null ? [] : entry.Magnet.Sources.Take(MaxMetafiles))
                {
                    _ = FollowSourceAsync(entry.Search, url);
                }
            }

            search = entry.Search;
        }

        try
        {
            return Resolved(search.Magnet, await search.Found.WaitAsync(patience, _context.Time, cancel));
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return FindTorrent(infohashHex); // it may have come by another way
        }
    }

    private async Task FollowSourceAsync(MagnetSearch search, string url)
    {
        try
        {
            if (await FetchMetafile!(url, search.Closing) is not { } metainfo || !OfferMetadata(search.Magnet, metainfo))
            {
                _context.Events.Publish("metadata.missing", "a metafile that the magnet names is not there, or is another torrent's");
            }
        }
        catch (OperationCanceledException)
        {
            // The search is over.
        }
    }

    /// <summary>Metadata that came by another way than peers (BEP 9 <c>xs</c>). False if it is not this magnet's.</summary>
    private bool OfferMetadata(Bep53Magnet magnet, Metainfo metainfo)
    {
        if (!SameTorrent(metainfo.InfoHash, magnet.InfoHash))
        {
            return false;
        }

        Resolved(magnet, metainfo);
        return true;
    }

    private TorrentRecord Resolved(Bep53Magnet magnet, Metainfo metainfo)
    {
        MagnetSearch? over;
        TorrentRecord record;
        lock (_gate)
        {
            _magnets.Remove(magnet.InfoHash.Id, out var entry);
            over = entry?.Search;
            // Every tracker of a magnet is a tier of its own, as in the search.
            metainfo = metainfo.WithHints([.. magnet.Trackers.Select(t => ImmutableArray.Create(t))], magnet.WebSeeds);
            record = AddTorrentLocked(metainfo, givenByUser: true, [.. magnet.Peers.Select(PeerHint.Parse).OfType<PeerHint>()]);
        }

        if (over is not null)
        {
            _ = over.DisposeAsync().AsTask();
            _context.Events.Publish("metadata.found", $"{metainfo.Name}: {metainfo.InfoBytes.Length} bytes of metadata");
        }

        return record;
    }

    /// <summary>True if every hash that both name is the same, and there is one.</summary>
    private static bool SameTorrent(InfoHash a, InfoHash b) =>
        (a.V1Hex is not null && a.V1Hex == b.V1Hex && (a.V2 is null || b.V2 is null || a.V2 == b.V2)) || (a.V2 is not null && a.V2 == b.V2 && (a.V1Hex is null || b.V1Hex is null || a.V1Hex == b.V1Hex));

    /// <summary>Searches that nobody waits for end; the magnet stays. Inside the lock.</summary>
    private void SweepMagnets(Instant now)
    {
        foreach (var entry in _magnets.Values)
        {
            if (entry.Search is { } search && now - entry.LastAsked > IdleSearchMicros)
            {
                entry.Search = null;
                _ = search.DisposeAsync().AsTask();
            }
        }
    }
}
