namespace Swarm.Discovery;

/// <summary>What becomes of a message of <c>ut_pex</c>.</summary>
public enum PexVerdict
{
    Take,

    /// <summary>It is passed over.</summary>
    TooEarly,

    /// <summary>The peer floods: its connection is closed.</summary>
    Flood,
}
