namespace Swarm.Engine;

/// <summary>When this node gives to peers (<c>--share</c>).</summary>
public enum ShareMode
{
    /// <summary>Never: nothing is announced, every request is refused.</summary>
    Off,

    /// <summary>While a client reads from the swarm, up to the ratio.</summary>
    Reading,

    /// <summary>As long as the node runs.</summary>
    Seed,
}
