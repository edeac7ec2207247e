namespace Swarm.Proxy.Swarmed;

/// <summary>How a response stands to the tree of its version.</summary>
internal enum TreeStanding
{
    /// <summary>No tree over cleartext is bound: the answer's own Link may bring one, or the tree stands by itself (L5).</summary>
    Open,

    /// <summary>The answer carried the Link of the bound tree.</summary>
    Covered,

    /// <summary>The version is bound to a cleartext tree that this answer did not publish: the response is made of this answer alone.</summary>
    Apart,
}
