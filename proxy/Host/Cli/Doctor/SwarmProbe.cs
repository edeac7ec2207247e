using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>Follows a site's Link as a visitor's client would, and compares what it finds: the torrent, two pieces, web seeds, trackers, peers.</summary>
/// <remarks>It announces itself as one that takes no peers, and says goodbye.</remarks>
internal sealed class SwarmProbe(HttpMessageInvoker http, TargetPolicy targets, TimeProvider time)
{
    /// <summary>A metafile of a 100 GiB file in 1 MiB pieces has 3 MiB.</summary>
    private const int TorrentBytesMax = 16 << 20;

    /// <summary>Trackers refuse 0; nobody listens at tcpmux (RFC 1078), so a peer that is told of it before the goodbye loses one dial.</summary>
    private const int NoPeerPort = 1;

    private const int DialsMax = 5;
    private const int PeersWanted = 20;

    /// <summary>A torrent of 200 trackers is nothing that a site makes: the first are asked, and that the others were not is said.</summary>
    private const int TrackersMax = 16;

    private static readonly TimeSpan DialPatience = TimeSpan.FromSeconds(5);

    /// <param name="links">The answer's Link lines.</param>
    /// <param name="siteBytes">The file's length, as the site says.</param>
    public async Task<SwarmFact> LookAsync(Uri site, IEnumerable<string> links, long? siteBytes, CancellationToken cancellation)
    {
        var fields = new HttpFields();
        foreach (var line in links)
        {
            fields.Add("Link", line);
        }

        if (MetafileLinks.Of(fields, site.AbsoluteUri).Metafiles is not [var url, ..])
        {
            return new(null, null);
        }

        var (torrent, problem) = await FetchAsync(new(url), cancellation);
        if (torrent is null)
        {
            return new(url, problem);
        }

        if (torrent.Files is not [{ Length: > 0 } file])
        {
            return new(url, "it is of several files or of none, so no peer can stand in for this URL");
        }

        var (compared, different) = file.Length == siteBytes ? await CompareAsync(site, torrent, cancellation) : (0, null);
        var (trackers, peers) = await AnnounceAsync(torrent, cancellation);
        var unasked = AllTrackers(torrent).Count() - trackers.Count;
        return new(url, null)
        {
            SiteBytes = siteBytes,
            TorrentBytes = file.Length,
            PiecesCompared = compared,
            PieceProblem = different,
            WebSeeds = [.. torrent.WebSeeds],
            IsOwnWebSeed = torrent.WebSeeds.Any(w => Same(Bep19WebSeed.UrlOf(w, torrent, 0), site)),
            Trackers = trackers,
            UnaskedTrackers = unasked,
            Peers = peers,
        };
    }

    private static IEnumerable<string> AllTrackers(Metainfo torrent) => torrent.TrackerTiers.SelectMany(static t => t).Distinct(StringComparer.Ordinal);

    private static bool Same(string? webSeed, Uri site) =>
        Uri.TryCreate(webSeed, UriKind.Absolute, out var url) && Uri.Compare(url, site, UriComponents.HttpRequestUrl, UriFormat.Unescaped, StringComparison.Ordinal) == 0;

    private async Task<(Metainfo? Torrent, string? Problem)> FetchAsync(Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var answer = await http.SendAsync(request, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            return (null, $"the server answers {(int)answer.StatusCode}");
        }

        return await ReadAsync(answer, TorrentBytesMax, cancellation) is not { } bytes ? (null, $"it is larger than {TorrentBytesMax >> 20} MiB")
            : Metainfo.TryParse(bytes, out var torrent, out var error) ? (torrent, null)
            : (null, $"it is no torrent: {error}");
    }

    /// <summary>The first piece and the last.</summary>
    private async Task<(int Compared, string? Problem)> CompareAsync(Uri site, Metainfo torrent, CancellationToken cancellation)
    {
        var last = (int)((torrent.TotalLength - 1) / torrent.PieceLength);
        var compared = 0;
        foreach (var piece in new[] { 0, last }.Distinct())
        {
            var first = (long)piece * torrent.PieceLength;
            var bytes = (int)Math.Min(torrent.PieceLength, torrent.TotalLength - first);
            using var request = new HttpRequestMessage(HttpMethod.Get, site) { Headers = { Range = new RangeHeaderValue(first, first + bytes - 1) } };
            using var answer = await http.SendAsync(request, cancellation);
            if (answer.StatusCode != HttpStatusCode.PartialContent || await ReadAsync(answer, bytes, cancellation) is not { } got || got.Length != bytes)
            {
                return (compared, $"piece {piece} cannot be compared: the site does not answer with its range");
            }

            if (!IsPiece(torrent, piece, got))
            {
                return (compared, $"piece {piece} of the file differs from its torrent");
            }

            compared++;
        }

        return (compared, null);
    }

    private static bool IsPiece(Metainfo torrent, int piece, byte[] bytes)
    {
        if (!torrent.HasV2Trees)
        {
#pragma warning disable CA5350 // BEP 3 has no other hash for pieces.
            return SHA1.HashData(bytes).AsSpan().SequenceEqual(torrent.V1PieceHash(new(piece)));
#pragma warning restore CA5350
        }

        return torrent.IsPiece(0, piece, bytes.Chunk(PieceLayout.BlockSize).Select(static block => MerkleTree.Leaf(block)).ToArray());
    }

    private async Task<(IReadOnlyList<TrackerFact> Trackers, IReadOnlyList<PeerFact> Peers)> AnnounceAsync(Metainfo torrent, CancellationToken cancellation)
    {
        using var trackers = new TorrentScraper(targets, time).Open();
        var id = new byte[PeerId.Size];
        PeerId.Own(RandomNumberGenerator.GetBytes(PeerId.RandomBytes)).Write(id);
        var hash = torrent.InfoHash.V1Bytes ?? torrent.InfoHash.V2Truncated ?? [];
        var announce = new TrackerAnnounce(hash, id, NoPeerPort) { LeftBytes = torrent.TotalLength, NumWant = PeersWanted, Event = TrackerEvent.Started };
        var told = await Task.WhenAll(AllTrackers(torrent).Take(TrackersMax).Select(url => AskAsync(trackers, url, announce, cancellation)));
        var found = told.SelectMany(static t => t.Peers).Distinct().Take(DialsMax);
        return ([.. told.Select(static t => t.Tracker)], await Task.WhenAll(found.Select(p => DialAsync(p, cancellation))));
    }

    /// <summary>One tracker, whatever becomes of the others.</summary>
    private async Task<(TrackerFact Tracker, IReadOnlyList<IPEndPoint> Peers)> AskAsync(AnyTracker trackers, string text, TrackerAnnounce announce, CancellationToken cancellation)
    {
        var url = new Uri(text);
        if (!AnyTracker.Speaks(url))
        {
            return (new(text, null, $"{url.Scheme} trackers cannot be asked"), []);
        }

        using var enough = new CancellationTokenSource(TorrentScraper.Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enough.Token);
        TrackerResult result;
        try
        {
            result = await trackers.AnnounceAsync(url, announce, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (new(text, null, $"no answer in {TorrentScraper.Patience.TotalSeconds:F0} s"), []);
        }

        if (!result.Succeeded)
        {
            return (new(text, null, result.Error?.Message ?? "no answer"), []);
        }

        try
        {
            await trackers.AnnounceAsync(url, announce with { Event = TrackerEvent.Stopped, NumWant = 0 }, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It forgets us by itself.
        }

        return (new(text, result.Response.Complete, null), [.. result.Response.Peers.Select(static p => p.ToEndPoint()).Where(static p => p.Port > 0)]);
    }

    private async Task<PeerFact> DialAsync(IPEndPoint peer, CancellationToken cancellation)
    {
        using var enough = new CancellationTokenSource(DialPatience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enough.Token);
        try
        {
            var dial = await targets.DialAsync(DialPurpose.Peer, peer.Address.ToString(), peer.Port, patience.Token);
            dial.Socket?.Dispose();
            return new(peer.ToString(), dial.Socket is not null ? null : dial.Refusal?.ToString() ?? dial.Failure?.Reason ?? "not reachable");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(peer.ToString(), $"no answer in {DialPatience.TotalSeconds:F0} s");
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage answer, int bytesMax, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[64 << 10];
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var n)
        {
            if (all.Length + n > bytesMax)
            {
                return null;
            }

            all.Write(buffer, 0, n);
        }

        return all.ToArray();
    }
}
