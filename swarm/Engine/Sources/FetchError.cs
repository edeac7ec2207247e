namespace Swarm.Engine;

/// <summary>Why the origin gave no bytes. What follows from each is decided where it is read, never where it happened.</summary>
public enum FetchFailure
{
    /// <summary>No connection, a reset, a time-out.</summary>
    Transport,

    /// <summary>5xx.</summary>
    ServerError,

    /// <summary>401, 403, 404, 410: the origin withdrew the resource. Never covered by an older permit.</summary>
    Denied,

    /// <summary>The answer names another version: its validator or its total length differs.</summary>
    Changed,

    /// <summary>The answer cannot be used: 200 for a range that does not start at 0, a Content-Range that lies, another coding.</summary>
    Unusable,

    /// <summary>TargetPolicy refuses the address.</summary>
    Refused,
}

/// <summary>Expected trouble at the origin, as a value.</summary>
/// <param name="Detail">One sentence for people.</param>
public sealed record FetchError(FetchFailure Failure, string Detail)
{
    /// <summary>True where asking again later may help.</summary>
    public bool MayRetry => Failure is FetchFailure.Transport or FetchFailure.ServerError;
}
