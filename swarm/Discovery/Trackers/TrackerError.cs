namespace Swarm.Discovery;

/// <summary>How far an announce came before it failed.</summary>
public enum TrackerStage : byte
{
    /// <summary>The URL is none of this kind of tracker.</summary>
    Url = 0,

    /// <summary>No connection: refused by policy, name not found, nobody there.</summary>
    Connect,

    /// <summary>No answer in time, or the answer broke off.</summary>
    Transfer,

    /// <summary>Too many redirects, or one that may not be followed.</summary>
    Redirect,

    /// <summary>An HTTP status that is no answer.</summary>
    Status,

    /// <summary>An answer that is too large or no tracker's.</summary>
    Answer,

    /// <summary>The tracker itself said no.</summary>
    Refused,
}

/// <summary>Why an announce gave no peers: the stage and a sentence for a person.</summary>
/// <param name="RetrySeconds">When the tracker wants to be asked again, 0 if it did not say.</param>
public readonly record struct TrackerError(TrackerStage Stage, string Message, int RetrySeconds = 0)
{
    public override string ToString() => $"{Stage}: {Message}";
}
