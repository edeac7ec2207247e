using System.Globalization;
using System.Text;

namespace Swarm.Protocol;

/// <summary>An announce to an HTTP tracker (BEP 3, 7, 23, 52), as the query of a GET.</summary>
/// <param name="InfoHash">20 bytes: the v1 hash, or the v2 hash cut to 20.</param>
/// <param name="PeerId">20 bytes.</param>
/// <param name="Port">Where this node listens for peers.</param>
public sealed record TrackerAnnounce(ReadOnlyMemory<byte> InfoHash, ReadOnlyMemory<byte> PeerId, int Port)
{
    public long UploadedBytes { get; init; }

    public long DownloadedBytes { get; init; }

    /// <summary>Bytes still missing. Unknown before a magnet's metadata came: then a large number, for 0 says seed.</summary>
    public long LeftBytes { get; init; }

    public TrackerEvent Event { get; init; }

    /// <summary>Peers asked for; null leaves it to the tracker.</summary>
    public int? NumWant { get; init; }

    /// <summary>BEP 7: the same over a session, so that a tracker knows a node by it after its address changed.</summary>
    public uint? Key { get; init; }

    /// <summary>What an earlier answer gave as its tracker id.</summary>
    public ReadOnlyMemory<byte> TrackerId { get; init; }

    /// <summary>The query, without a question mark.</summary>
    public string ToQuery()
    {
        var query = new StringBuilder(256);
        query.Append("info_hash=").Append(PercentEncoding.Encode(InfoHash.Span));
        query.Append("&peer_id=").Append(PercentEncoding.Encode(PeerId.Span));
        query.Append(CultureInfo.InvariantCulture, $"&port={Port}&uploaded={UploadedBytes}&downloaded={DownloadedBytes}&left={LeftBytes}");
        query.Append("&compact=1&no_peer_id=1");
        if (NumWant is { } want)
        {
            query.Append(CultureInfo.InvariantCulture, $"&numwant={want}");
        }

        if (Key is { } key)
        {
            query.Append(CultureInfo.InvariantCulture, $"&key={key:x8}");
        }

        query.Append(Event switch
        {
            TrackerEvent.Started => "&event=started",
            TrackerEvent.Completed => "&event=completed",
            TrackerEvent.Stopped => "&event=stopped",
            _ => "",
        });
        if (!TrackerId.IsEmpty)
        {
            query.Append("&trackerid=").Append(PercentEncoding.Encode(TrackerId.Span));
        }

        return query.ToString();
    }

    /// <summary>The whole URL; a query that the tracker's URL already has (a passkey) stays in front, a fragment goes.</summary>
    public string ToUrl(string announceUrl)
    {
        var fragment = announceUrl.IndexOf('#', StringComparison.Ordinal);
        var url = fragment < 0 ? announceUrl : announceUrl[..fragment];
        return url + (url.Contains('?', StringComparison.Ordinal) ? url.EndsWith('?') || url.EndsWith('&') ? "" : "&" : "?") + ToQuery();
    }
}
