namespace Swarm.Http;

/// <summary>What the preconditions of a request come to (RFC 9110 §13.2).</summary>
public enum ConditionResult : byte
{
    /// <summary>Perform the method.</summary>
    Proceed,

    /// <summary>304.</summary>
    NotModified,

    /// <summary>412.</summary>
    PreconditionFailed,
}

/// <summary>Who evaluates: If-Match and If-Unmodified-Since are the origin's business alone (RFC 9111 §4.3.2).</summary>
public enum EvaluatorRole : byte
{
    /// <summary>We are the origin: torrents given by the user.</summary>
    OriginServer,

    /// <summary>We answer from a stored response; such requests were asked of the origin before.</summary>
    Cache,
}

/// <summary>The conditional fields of a GET or HEAD, parsed (RFC 9110 §13.1). Invalid dates count as absent.</summary>
public sealed record Conditions(
    EntityTagCondition? IfMatch,
    EntityTagCondition? IfNoneMatch,
    DateTimeOffset? IfModifiedSince,
    DateTimeOffset? IfUnmodifiedSince,
    IfRange? IfRange)
{
    public static readonly Conditions None = new(null, null, null, null, null);

    /// <param name="now">Only to read two-digit years.</param>
    public static Conditions Parse(HttpFields request, DateTimeOffset now) => new(
        EntityTagCondition.Parse(request.Combined("If-Match")),
        EntityTagCondition.Parse(request.Combined("If-None-Match")),
        HttpDate.Parse(request.Combined("If-Modified-Since"), now),
        HttpDate.Parse(request.Combined("If-Unmodified-Since"), now),
        Http.IfRange.Parse(request.Combined("If-Range"), now));

    /// <summary>True if a request carries any of the four fields that choose between an answer and 304 or 412; well-formed or not.</summary>
    public static bool ArePresent(HttpFields request) =>
        request.Has("If-Match") || request.Has("If-None-Match") || request.Has("If-Modified-Since") || request.Has("If-Unmodified-Since");

    /// <summary>§13.2.2, steps 1 to 4, for a GET or HEAD whose unconditional answer would be a 2xx.</summary>
    public ConditionResult Evaluate(Representation current, EvaluatorRole role)
    {
        if (role == EvaluatorRole.OriginServer)
        {
            if (IfMatch is not null)
            {
                if (!IfMatch.MatchesStrongly(current.ETag))
                {
                    return ConditionResult.PreconditionFailed;
                }
            }
            else if (IfUnmodifiedSince is { } unmodified && current.LastModified > unmodified)
            {
                return ConditionResult.PreconditionFailed;
            }
        }

        if (IfNoneMatch is not null)
        {
            return IfNoneMatch.MatchesWeakly(current.ETag) ? ConditionResult.NotModified : ConditionResult.Proceed;
        }

        return IfModifiedSince is { } since && current.LastModified <= since ? ConditionResult.NotModified : ConditionResult.Proceed;
    }

    /// <summary>§13.2.2, step 5: true if a Range may be honoured.</summary>
    public bool AllowsRange(Representation current) => IfRange?.Holds(current) ?? true;
}
