namespace Swarm.Lab.Harness;

/// <summary>What a client holds of a file that changed under it.</summary>
public enum Verdict
{
    /// <summary>The whole old file.</summary>
    Old,

    /// <summary>The whole new file.</summary>
    New,

    /// <summary>A beginning of one of the two, and a broken connection that says so.</summary>
    Reset,

    /// <summary>An error status and no byte of either.</summary>
    Refused,

    /// <summary>Bytes of both, or of neither, or a clean end before the end: what must never be.</summary>
    Mixed,
}
