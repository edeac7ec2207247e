using System.Net;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

// Which loop a content takes part in, and who may call there.
public sealed partial class SwarmEngine
{
    internal IReadOnlyList<SwarmLoop> Loops
    {
        get
        {
            lock (_gate)
            {
                return [.. _loops.Values.Select(l => l.Loop)];
            }
        }
    }

    internal IReadOnlyList<TorrentSwarm> Swarms
    {
        get
        {
            lock (_gate)
            {
                return [.. _loops.Values.Where(l => l.Swarm is not null).Select(l => l.Swarm!)];
            }
        }
    }

    /// <summary>The torrent and sink for an inbound handshake, or null.</summary>
    public PeerAdmission? AdmitPeer(WireHash infohash, IPEndPoint from)
    {
        foreach (var swarm in Swarms)
        {
            if ((swarm.Torrent.V1 == infohash || swarm.Torrent.V2 == infohash) && swarm.Accept(from) is { } admission)
            {
                return admission;
            }
        }

        return null;
    }

    private void Attach(FileContent content)
    {
        if (content.Tree is { } tree && !content.Falsified && !_torrents.IsHalted(tree.Metainfo.InfoHash.Id))
        {
            if (_loops.Values.FirstOrDefault(l => l.Loop.InfoHash == tree.Metainfo.InfoHash) is { } entry)
            {
                entry.IdleSince = _context.Now;
                if (!IsHttps(content))
                {
                    entry.Swarm?.SpeakInClear();
                }

                if (!TryTakePlace(entry.Loop, content, tree.File))
                {
                    AttachAlone(content, new(entry.Loop, tree.File, entry.Loop.Layout.Files[tree.File].FirstBlock));
                    return;
                }

                ProveForPeers(content);
                return;
            }

            var loop = NewLoop(tree.Metainfo.Layout, tree.Metainfo.InfoHash);
            var swarm = new TorrentSwarm(
                _context, _network, loop, _uploads.Open(loop, tree.Metainfo), tree.Metainfo,
                httpsOnly: IsHttps(content), _torrents.ById(tree.Metainfo.InfoHash.Id)?.Peers ?? []);
            loop.MayFindPeers = () => swarm.MayFindPeers;
            _loops[loop.Id] = new(loop, swarm) { IdleSince = _context.Now };
            loop.TryAttach(content, tree.File);
            swarm.Start();
            ProveForPeers(content);
            return;
        }

        AttachAlone(content, beside: null);
    }

    private static bool IsHttps(FileContent content) => HttpSeed.IsHttps(content.Version.Url);

    /// <summary>A loop of its own.</summary>
    /// <param name="beside">Where another content has this one's place in its torrent; null without a torrent.</param>
    private void AttachAlone(FileContent content, Attachment? beside)
    {
        const int lonePiece = 1 << 20;
        var lone = NewLoop(ContentLayout.Single("resource", content.Length, lonePiece), null);
        _loops[lone.Id] = new(lone, null) { IdleSince = _context.Now };
        lone.TryAttach(content, 0, beside);
    }

    /// <summary>
    /// One torrent is one loop and one set of connections, however often its files are open. The file's place is the first content's, or that of the
    /// next one to come once nobody lives on the first and nothing is lost with it, or which others may have while they may not have the first.
    /// </summary>
    private bool TryTakePlace(SwarmLoop loop, FileContent content, int file)
    {
        if (loop.TryAttach(content, file))
        {
            return true;
        }

        if (loop.File(file) is not { } holder)
        {
            return false;
        }

        if (!holder.Version.Shareable && content.Version.Shareable)
        {
            // It gives nothing to anybody beside it, and may take from this one.
            holder.HandGuestsTo(content);
            holder.LeaveLoop(loop);
            loop.Detach(holder);
            loop.TryAttach(content, file);
            AttachAlone(holder, new(loop, file, loop.Layout.Files[file].FirstBlock));
            return true;
        }

        if (holder is not { Readers.Length: 0, HasGuests: false })
        {
            return false;
        }

        content.BorrowMemory(holder, _context.Pool);
        if (!content.Covers(holder))
        {
            return false;
        }

        holder.LeaveLoop(loop);
        loop.Detach(holder);
        return loop.TryAttach(content, file);
    }

    /// <summary>The content goes where it belongs now; its readers do not notice.</summary>
    private void Move(FileContent content)
    {
        var left = content.Attachment;
        Attach(content);
        left?.Loop.Detach(content);
    }

    /// <summary>A place is free: a content that was read beside it takes it.</summary>
    private void FillPlace(Attachment free)
    {
        foreach (var handle in _catalog.All.Where(h => h.Content.Attachment?.Beside == free).ToArray())
        {
            Move(handle.Content);
        }
    }

    /// <summary>What the origin delivered in earlier runs is compared with the tree before peers may have it; beside everything else, for it may be long.</summary>
    private void ProveForPeers(FileContent content)
    {
        if (_uploads.Mode != ShareMode.Off)
        {
            _ = Task.Run(content.ProveWholePieces);
        }
    }

    private SwarmLoop NewLoop(ContentLayout layout, InfoHash? infohash)
    {
        var id = ++_lastLoop;
        var seed = (ulong)id * 0x9E3779B97F4A7C15;
        string? path = null;
        if (_context.Options.RecordDirectory is { } folder)
        {
            path = Path.Combine(folder, $"swarm-{_context.Time.GetUtcNow():yyyyMMdd-HHmmss}-{Environment.ProcessId}-{id}.events");
        }

        return new(_context, id, layout, infohash, new EventLog(path, layout, seed, _context.Options.LogHeader), seed)
        {
            ReadersChanged = OnReadersChanged,
        };
    }

    private void OnReadersChanged(SwarmLoop loop, int readers)
    {
        // Also called from readers that close, outside the lock; the governor and the table are behind it.
        TorrentSwarm? swarm = null;
        lock (_gate)
        {
            if (_loops.TryGetValue(loop.Id, out var entry))
            {
                entry.IdleSince = _context.Now;
                swarm = entry.Swarm;
            }

            foreach (var (id, kind, amount) in _governor.ReadersChanged(loop.Id, readers))
            {
                if (_loops.TryGetValue(id, out var other))
                {
                    other.Loop.Post(EventKind.Grant, 0, (int)kind, amount);
                }
            }
        }

        _uploads.OnReadersChanged();
        swarm?.Tick();
    }

    /// <summary>Every response of the torrent moves to the loop it belongs to now: a swarm's, or one of its own.</summary>
    private void Reseat(string infohash)
    {
        foreach (var handle in _catalog.All.Where(h => h.Version.Infohash == infohash).ToArray())
        {
            if (handle.Content.Attachment is { } at && (at.Place.Loop.InfoHash is null) != _torrents.IsHalted(infohash))
            {
                Move(handle.Content);
            }
        }
    }
}
