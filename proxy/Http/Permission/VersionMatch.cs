using Swarm.Core;

namespace Swarm.Http;

/// <summary>In what an answer differs from the pinned version; the first difference found.</summary>
public enum VersionDifference : byte
{
    None = 0,
    ContentCoding,
    ETag,
    LastModified,
    Total,
}

/// <summary>
/// Compares an answer with the version a response is made of: ETag, Last-Modified and total length, on every 206, since servers
/// ignore If-Range and files change mid-download. Bytes of another version are never joined.
/// </summary>
public static class VersionMatch
{
    /// <param name="total">Total length by Content-Range or Content-Length; null (unknown) counts as different.</param>
    public static VersionDifference Compare(ResourceVersion pinned, HttpFields answer, long? total)
    {
        if (!CodingIs(answer.Combined("Content-Encoding"), pinned.ContentCoding))
        {
            return VersionDifference.ContentCoding;
        }

        if (pinned.Validator is { } validator)
        {
            var tag = EntityTag.Parse(answer.Combined("ETag")) is { IsWeak: false } strong ? strong.Opaque : null;
            if (tag != validator.ETag)
            {
                return VersionDifference.ETag;
            }

            // With the tag equal, the date may be missing (RFC 9110 §15.3.7 allows it after If-Range) but may not contradict.
            var date = answer.Combined("Last-Modified");
            if (validator.LastModified is not null && date != validator.LastModified && (date is not null || validator.ETag is null))
            {
                return VersionDifference.LastModified;
            }
        }

        return total == pinned.Length ? VersionDifference.None : VersionDifference.Total;
    }

    private static bool CodingIs(string? field, string coding) =>
        string.Equals(field is null or "" ? "identity" : field, coding, StringComparison.OrdinalIgnoreCase);
}
