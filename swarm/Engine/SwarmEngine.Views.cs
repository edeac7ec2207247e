using System.Net;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;

namespace Swarm.Engine;

// What pages and metrics see. Snapshots only.
public sealed partial class SwarmEngine
{
    /// <summary>Stands in events for who is no source.</summary>
    private const int NoSource = -1;

    /// <summary>As many as a page can show.</summary>
    private const int BannedShown = 50;

    private readonly TcpNotes<(SwarmLoop Loop, int Source)> _tcpNotes = new(static (place, note) => note.PostTo(place.Loop, place.Source));

    /// <summary>Responses open now.</summary>
    public int OpenReaders
    {
        get
        {
            lock (_gate)
            {
                return _loops.Values.Sum(l => l.Loop.Readers);
            }
        }
    }

    /// <summary>When peers are given anything.</summary>
    public ShareMode ShareMode => _uploads.Mode;

    /// <summary>Changes what peers are given, from now on; <see cref="ShareMode.Off"/> stops it before this returns.</summary>
    /// <param name="ratioLimit">A swarm stops giving when it has given this many times what it holds; null for never.</param>
    /// <param name="upLimitBytesPerSecond">Null for 85 % of what the uplink carries.</param>
    public void SetSharing(ShareMode mode, double? ratioLimit, long? upLimitBytesPerSecond) =>
        _uploads.Set(mode, ratioLimit, upLimitBytesPerSecond);

    public IReadOnlyList<PeerSnapshot> Peers =>
        [.. Swarms.SelectMany(s => s.Connected.Select(p => new PeerSnapshot(
            s.Metainfo.InfoHash.Id, p.Address, p.ClientName, p.IsBanned ? "banned" : p.IsChoked ? "choked" : "unchoked", ReasonOf(p.Record),
            p.HaveRatio, p.Record.ReceivedBytes, p.Record.SentBytes, p.RejectedBytes, p.BytesPerSecond, p.RttMs)))];

    /// <summary>Peers that were caught with wrong bytes and are gone for it, the latest first.</summary>
    public IReadOnlyList<PeerSnapshot> Banned =>
        [.. _context.Sources.All.Where(r => r is { Kind: SourceKind.Peer, Banned: true, Infohash: not null }).OrderByDescending(r => r.Id).Take(BannedShown).Select(r => new PeerSnapshot(
            r.Infohash!, r.Address, r.ClientName, "banned", ReasonOf(r), 0, r.ReceivedBytes, r.SentBytes, 0, 0, null))];

    private static string? ReasonOf(SourceRecord record) => record.Blames is [var first, ..] ? $"block {first.Block}: {first.Reason}" : null;

    /// <summary>The web seeds and mirrors of the open swarms, those that rest or are given up too.</summary>
    public IReadOnlyList<HttpSeedSnapshot> HttpSeeds => [.. Swarms.SelectMany(s => s.HttpSeeds)];

    /// <summary>The web seeds and mirrors of a torrent that is joined; empty for one that is not.</summary>
    public IReadOnlyList<HttpSeedSnapshot> HttpSeedsOf(TorrentRecord torrent) => [.. Swarms.Where(s => s.Metainfo.InfoHash == torrent.Metainfo.InfoHash).SelectMany(s => s.HttpSeeds)];

    /// <summary>How many connected peers have each part of a content, as cells that a page can draw beside its picture: a digit each, the least of its pieces, 9 for more.</summary>
    /// <returns>Null where no swarm serves it.</returns>
    public string? AvailabilityOf(ResourceHandle handle, int cellLimit)
    {
        var content = handle.Content;
        if (content.Attachment?.Place is not { } at || Swarms.FirstOrDefault(s => s.Loop == at.Loop) is not { } swarm)
        {
            return null;
        }

        var (perCell, cells) = ContentPicture.Cells(content.BlockCount, cellLimit);
        return string.Create(cells, (content, at, swarm, perCell), static (text, of) =>
        {
            var perPiece = of.at.Loop.Layout.BlocksPerPiece;
            for (var cell = 0; cell < text.Length; cell++)
            {
                var first = of.at.FirstBlock + (cell * of.perCell);
                var last = of.at.FirstBlock + Math.Min(of.content.BlockCount, (cell + 1) * of.perCell) - 1;
                var least = 9;
                for (var piece = first / perPiece; piece <= last / perPiece && piece < of.swarm.Uploads.PieceCount; piece++)
                {
                    least = Math.Clamp(of.swarm.Uploads.HoldersOf(piece), 0, least);
                }

                text[cell] = (char)('0' + least);
            }
        });
    }

    /// <summary>Writes a note into the event log of every swarm that the connection serves now, and of those that know it as ill and it serves no more.</summary>
    public void Note(TcpNote note)
    {
        _tcpNotes.Tell(note, note.Source switch
        {
            SourceKind.Peer => Swarms.SelectMany(swarm => swarm.Connected.Where(p => Plain(p.EndPoint) == note.Name).Select(p => (swarm.Loop, p.Id))),
            SourceKind.Origin => Loops.SelectMany(loop => loop.OriginsAt(note.Name).Select(id => (loop, id))),
            null => Resources.Where(h => WithoutQuery(h.Version.Url) == note.Name).Select(h => h.Content.Attachment?.Loop).OfType<SwarmLoop>().Select(loop => (loop, NoSource)),
            _ => [],
        });

        // A listener for both families shows IPv4 in IPv6 clothes.
        static string Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port).ToString() : end.ToString();

        static string WithoutQuery(string url) => url.IndexOf('?', StringComparison.Ordinal) is >= 0 and var end ? url[..end] : url;
    }

    /// <summary>Passes on what a player said of its playhead: to the response that was opened last on that URL. False if none is open.</summary>
    /// <param name="buffered">Media that it can play without another byte.</param>
    /// <param name="duration">Of the whole media at the speed it plays at; null if unknown.</param>
    public bool TellPlayhead(string url, TimeSpan buffered, TimeSpan? duration)
    {
        // A seek is a new response beside the old one, which ends a moment later.
        var last = Resources.Where(h => h.Version.Url == url).SelectMany(h => h.Content.Readers).MaxBy(r => r.Id);
        last?.OnPlayheadTold(buffered, duration is { TotalSeconds: > 0 } all ? (long)(last.Content.Length / all.TotalSeconds) : 0);
        return last is not null;
    }

    public PeerCounts CountPeers()
    {
        var swarms = Swarms;
        var peers = Peers;
        return new(
            swarms.Sum(s => s.Dialling),
            peers.Count(p => p.State == "choked"),
            peers.Count(p => p.State == "unchoked"),
            swarms.Sum(s => s.BannedAddresses));
    }

    public ResourceStats StatsOf(ResourceHandle handle)
    {
        var readers = handle.Content.Readers;
        var peers = Swarms.FirstOrDefault(s => s.Loop == handle.Content.Attachment?.Place.Loop)?.Connected ?? [];
        var released = readers.SelectMany(r => r.Released).ToArray();
        return new(
            readers.Length,
            peers.Count,
            BytesOf(SourceKind.Origin),
            BytesOf(SourceKind.Mirror),
            BytesOf(SourceKind.WebSeed),
            BytesOf(SourceKind.Peer),
            readers.Sum(r => r.VerifiedBytes),
            peers.Sum(p => p.BytesPerSecond),
            handle.Version.Infohash is null ? "the origin publishes no torrent for it, or its host is not listed: --swarm-host HOST" : null);

        long BytesOf(SourceKind kind) => released.Where(r => _context.Sources.KindOf(r.Source) == kind).Sum(r => r.Bytes);
    }

    /// <summary>The responses open on a resource now, the oldest first.</summary>
    public IReadOnlyList<ReaderSnapshot> ReadersOf(ResourceHandle handle) => [.. handle.Content.Readers.Select(Snapshot)];

    private ReaderSnapshot Snapshot(ResourceReader reader)
    {
        var position = reader.Position;
        var (count, total) = reader.Stalls;
        return new(
            reader.Id, reader.Range.Offset, reader.Range.End, position,
            position < reader.Range.End ? reader.Content.FirstMissing(ByteRange.FromBounds(position, reader.Range.End)) - position : 0,
            reader.IsWaiting, count, total.TotalMilliseconds, reader.OpenFor.TotalMilliseconds, reader.FirstByteAfter?.TotalMilliseconds,
            [.. reader.Released.Select(r => new SourceShare(_context.Sources.KindOf(r.Source).Label(), _context.Sources.Find(r.Source)?.Address, r.Bytes))]);
    }

    /// <summary>Bytes of a torrent's files that are here.</summary>
    public long PresentBytes(string infohash) => Resources
        .Where(h => h.Version.Infohash == infohash)
        .Sum(h => Math.Min(h.Content.Length, (long)h.Content.PresentBlocks * PieceLayout.BlockSize));
}
