using Microsoft.Extensions.Primitives;
using Swarm.Core;
using Swarm.Http;
using Swarm.Protocol;

namespace Swarm.Proxy.Seeding;

/// <summary>A version that streamed through and has a torrent: what answers that name it carry besides. Immutable.</summary>
/// <param name="RawPath">As visitors send it.</param>
/// <param name="Metafile">The torrent's bytes.</param>
/// <param name="Sha256">Of the whole content; null where the torrent was made elsewhere and nobody hashed the whole here.</param>
internal sealed record PublishedFile(string RawPath, ResourceVersion Version, Metainfo Torrent, byte[] Metafile, byte[]? Sha256)
{
    public string Infohash => Torrent.InfoHash.Id;

    /// <summary>Without its slash, for people.</summary>
    public string Path { get; } = Uri.UnescapeDataString(RawPath)[1..];

    /// <summary>RFC 6249 §6.</summary>
    public string Link { get; } = $"<{SiteAddress.TorrentsPath}{RawPath}.torrent>; rel=describedby; type=\"application/x-bittorrent\"";

    /// <summary>RFC 9530 §3; of the whole, whatever part an answer carries.</summary>
    public string? ReprDigest { get; } = Sha256 is null ? null : $"sha-256=:{Convert.ToBase64String(Sha256)}:";

    /// <summary>A strong tag for a version that its origin pins by a date alone: the bytes' own hash. Null where the origin's tag is strong.</summary>
    public string? OwnTag { get; } = Version.Validator?.ETag is null ? $"\"{Torrent.Layout.Files[0].PiecesRoot}\"" : null;

    /// <summary>True if an answer with these fields is of this very version.</summary>
    /// <param name="total">Bytes of the whole by the answer.</param>
    public bool IsNamedBy(HttpFields answer, long? total)
    {
        // An own tag takes the place of a weak one, which promises nothing about bytes.
        return VersionMatch.Compare(Version, answer, total) == VersionDifference.None;
    }

    /// <summary>Conditions with the tag that was made here, in the words of the origin, which knows the date only (RFC 9110 §13.1).</summary>
    public void TranslateConditions(IHeaderDictionary request)
    {
        if (OwnTag is not { } tag || Version.Validator?.LastModified is not { } date)
        {
            return;
        }

        Replace(request, "If-None-Match", "If-Modified-Since", tag, date);
        Replace(request, "If-Match", "If-Unmodified-Since", tag, date);
        if (request.IfRange.ToString() == tag)
        {
            request.IfRange = date;
        }
    }

    private static void Replace(IHeaderDictionary request, string byTag, string byDate, string tag, string date)
    {
        if (!StringValues.IsNullOrEmpty(request[byTag]) && request[byTag].ToString() is var text && (text == tag || text == "W/" + tag))
        {
            request.Remove(byTag);
            request[byDate] = date;
        }
    }
}
