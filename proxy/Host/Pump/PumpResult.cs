namespace Swarm.Proxy.Pump;

/// <summary>How a pump ended, and how many body bytes the client's connection took.</summary>
public readonly record struct PumpResult(long Bytes, PumpEnd End)
{
    public bool IsComplete => End == PumpEnd.Complete;
}

/// <summary>Why a pump stopped.</summary>
public enum PumpEnd
{
    /// <summary>The source ended where it said it would.</summary>
    Complete,

    /// <summary>The source broke before its end; the client must not see a clean one.</summary>
    SourceFailed,

    /// <summary>The client closed its connection, or stalled beyond the limit and was reset.</summary>
    ClientGone,
}
