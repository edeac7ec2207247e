using Swarm.Core;

namespace Swarm.Http;

/// <summary>What becomes of an origin's answer: passed through only, stored here, or also shared between peers.</summary>
/// <param name="Reason">Why it is not a candidate, or not shareable; None if it is both.</param>
/// <param name="Length">Bytes of the whole representation; 0 if it is no candidate.</param>
/// <param name="Validator">What pins the version; null if it is no candidate, or a digest alone pins it.</param>
/// <param name="Body">The part of the representation this answer carries.</param>
public sealed record Candidate(bool IsCandidate, bool IsShareable, CandidateReason Reason, long Length, StrongValidator? Validator, ByteRange Body)
{
    /// <summary>Smaller answers are not worth a swarm.</summary>
    public const long MinLengthBytes = 1024 * 1024;

    /// <summary>Judges an answer (RFC 9111 §3, §3.5, read as a shared cache; README, "Share class").</summary>
    /// <param name="url">The request's URL; a signed query keeps its answer to this node.</param>
    /// <param name="hasDigest">The answer carries a whole-file SHA-256 or SHA-512 that pins the version instead of a validator.</param>
    /// <param name="now">Only to read two-digit years.</param>
    public static Candidate Classify(
        string method, string url, HttpFields request, int status, HttpFields response, bool hasDigest, DateTimeOffset now)
    {
        if (method != "GET")
        {
            return No(CandidateReason.MethodNotGet);
        }

        if (status is not (200 or 206))
        {
            return No(CandidateReason.StatusNotContent);
        }

        if (MustNotStore(request, response) is not CandidateReason.None and var forbidden)
        {
            return No(forbidden);
        }

        if (Extent(status, response, out var body, out var length) is not CandidateReason.None and var unusable)
        {
            return No(unusable);
        }

        if (length < MinLengthBytes)
        {
            return No(CandidateReason.TooSmall);
        }

        var validator = StrongValidatorRule.Of(response, now);
        if (validator is null && !hasDigest)
        {
            return No(CandidateReason.NoStrongValidator);
        }

        var kept = request.Has("Cookie") ? CandidateReason.Cookie
            : request.Any(line => !Allowed35(line.Name) && CredentialsKey.IsCredential(line.Name)) ? CandidateReason.CredentialField
            : SignedQuery.IsSigned(url) ? CandidateReason.SignedUrl
            : CandidateReason.None;
        return new(true, kept == CandidateReason.None, kept, length, validator, body);
    }

    // An Authorization that got this far was let through by RFC 9111 §3.5.
    private static bool Allowed35(string name) => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase);

    private static Candidate No(CandidateReason reason) => new(false, false, reason, 0, null, ByteRange.Empty);

    private static CandidateReason MustNotStore(HttpFields request, HttpFields response)
    {
        var cacheControl = CacheControl.Of(response);
        if (cacheControl.NoStore)
        {
            return CandidateReason.NoStore;
        }

        if (CacheControl.Of(request).NoStore)
        {
            return CandidateReason.RequestNoStore;
        }

        if (cacheControl.Private)
        {
            return CandidateReason.Private;
        }

        // RFC 9111 §3.5: a response to a request with Authorization is for this client, unless one of these says otherwise.
        if (request.Has("Authorization")
            && !cacheControl.Public && !cacheControl.Has("s-maxage") && !cacheControl.MustRevalidate)
        {
            return CandidateReason.Authorization;
        }

        if (response.Has("Set-Cookie") && !cacheControl.Public)
        {
            return CandidateReason.SetCookie;
        }

        if (!VariesOnlyByKnown(response.Combined("Vary")))
        {
            return CandidateReason.Vary;
        }

        return IsIdentity(response.Combined("Content-Encoding")) ? CandidateReason.None : CandidateReason.ContentCoding;
    }

    // RFC 9111 §4.1. The store key holds the content coding; Origin selects only access-control fields, which are not stored.
    private static bool VariesOnlyByKnown(string? vary)
    {
        ReadOnlySpan<char> rest = vary;
        while (Syntax.NextElement(ref rest, out var name))
        {
            if (!name.IsEmpty && !name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase) && !name.Equals("Origin", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIdentity(string? codings)
    {
        ReadOnlySpan<char> rest = codings;
        while (Syntax.NextElement(ref rest, out var coding))
        {
            if (!coding.IsEmpty && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return true;
    }

    private static CandidateReason Extent(int status, HttpFields response, out ByteRange body, out long length)
    {
        body = ByteRange.Empty;
        length = 0;
        long? contentLength = response.Combined("Content-Length") is { } text && Syntax.TryExactNumber(text, out var n) ? n : null;
        if (status == 200)
        {
            length = contentLength ?? 0;
            body = new(0, length);
            return contentLength is null || response.Has("Transfer-Encoding") ? CandidateReason.LengthUnknown : CandidateReason.None;
        }

        if (MultipartByteRanges.IsTypeOf(response))
        {
            return CandidateReason.Multipart;
        }

        if (ContentRange.Parse(response.Combined("Content-Range")) is not { Range: { } range } contentRange
            || (contentLength is not null && contentLength != range.Length))
        {
            return CandidateReason.ContentRangeInvalid;
        }

        body = range;
        length = contentRange.Total ?? 0;
        return contentRange.Total is null ? CandidateReason.LengthUnknown : CandidateReason.None;
    }
}
