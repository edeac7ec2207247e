namespace Swarm.Http;

/// <summary>Why a response is passed through only, or kept to this node. Shown to people through <see cref="CandidateReasons.Sentence"/>.</summary>
public enum CandidateReason : byte
{
    None = 0,
    MethodNotGet,
    StatusNotContent,
    LengthUnknown,
    TooSmall,
    NoStrongValidator,
    ContentRangeInvalid,
    Multipart,
    NoStore,
    RequestNoStore,
    Private,
    SetCookie,
    Vary,
    Authorization,
    ContentCoding,

    /// <summary>Kept, not shared: sent with a cookie, and nothing has proved it public yet.</summary>
    Cookie,

    /// <summary>Kept, not shared: sent with another field that looks like a key (X-Api-Key and its kin).</summary>
    CredentialField,

    /// <summary>Kept, not shared: the URL itself is a key.</summary>
    SignedUrl,
}

/// <summary>The sentences people read.</summary>
public static class CandidateReasons
{
    public static string Sentence(this CandidateReason reason) => reason switch
    {
        CandidateReason.None => "may be stored and shared",
        CandidateReason.MethodNotGet => "only GET answers are stored",
        CandidateReason.StatusNotContent => "only 200 and 206 answers carry content to store",
        CandidateReason.LengthUnknown => "the origin did not say how long the whole is",
        CandidateReason.TooSmall => "smaller than 1 MiB",
        CandidateReason.NoStrongValidator => "no strong ETag, no Last-Modified at least 60 s old and no digest: two versions could not be told apart",
        CandidateReason.ContentRangeInvalid => "its Content-Range is missing, malformed or disagrees with Content-Length",
        CandidateReason.Multipart => "multipart/byteranges answers are passed through",
        CandidateReason.NoStore => "the origin forbids storing (Cache-Control: no-store)",
        CandidateReason.RequestNoStore => "the client forbids storing (Cache-Control: no-store)",
        CandidateReason.Private => "the origin said it is for one user (Cache-Control: private)",
        CandidateReason.SetCookie => "it sets a cookie and is not marked public",
        CandidateReason.Vary => "it varies by more than Accept-Encoding and Origin",
        CandidateReason.Authorization => "asked with Authorization, and the origin did not allow shared storing (public, s-maxage or must-revalidate)",
        CandidateReason.ContentCoding => "compressed answers are passed through",
        CandidateReason.Cookie => "asked with a cookie: kept for this node, not shared",
        CandidateReason.CredentialField => "asked with a key or token field: kept for this node, not shared",
        CandidateReason.SignedUrl => "the URL carries a signature or token: kept for this node, not shared",
        _ => "unknown reason",
    };
}
