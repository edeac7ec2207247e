using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>When the origin's newest word ends a published file. Pure.</summary>
internal static class PublishedRule
{
    /// <param name="published">Or on its way to be.</param>
    /// <param name="request">What was asked, without credentials.</param>
    /// <param name="now">Only to read two-digit years.</param>
    /// <returns>Null where the answer says nothing against it.</returns>
    public static string? WhyRetired(ResourceVersion published, OriginRequest request, int status, HttpFields answer, DateTimeOffset now)
    {
        switch (status)
        {
            case 401 or 403:
                return "the origin no longer gives it to everybody";
            case 404 or 410:
                return "the origin no longer has it";
            case >= 300 and < 400 and not 304:
                return "the origin sends its visitors elsewhere";
            case 304:
                // It names the version that stands (RFC 9110 §15.4.5); without a tag it means the one that was asked for.
                var cacheControl = CacheControl.Of(answer);
                return cacheControl.NoStore || cacheControl.Private ? "the origin no longer lets it be stored"
                    : EntityTag.Parse(answer.Combined("ETag")) is { IsWeak: false } tag && published.Validator?.ETag is { } own && tag.Opaque != own ? "it changed"
                    : null;
            case 200 or 206:
                break;
            default:
                return null;
        }

        // A HEAD names the version as the GET would; what the client forbids with its own words is no word of the origin's.
        var candidate = Candidate.Classify("GET", request.Target.Url, new(), status, answer, hasDigest: false, now);
        return candidate.IsCandidate
            ? VersionMatch.Compare(published, answer, candidate.Length) == VersionDifference.None ? null : "it changed"
            : candidate.Reason switch
            {
                CandidateReason.ContentCoding or CandidateReason.Multipart or CandidateReason.ContentRangeInvalid => null, // the same in another dress
                CandidateReason.NoStrongValidator or CandidateReason.TooSmall or CandidateReason.LengthUnknown => "it changed",
                _ => $"the origin no longer lets it be shared: {candidate.Reason.Sentence()}",
            };
    }
}
