namespace Swarm.Discovery;

/// <summary>How a peer's address came to be known: what it may be dialled for, and how many of its kind are remembered.</summary>
public enum FoundBy : byte
{
    /// <summary>The user or the torrent named it: <c>--peer</c>, <c>x.pe</c>.</summary>
    Given,

    Tracker,

    /// <summary>Another peer named it (BEP 11).</summary>
    Pex,

    /// <summary>It announced itself in the local network (BEP 14).</summary>
    Lsd,

    Dht,

    /// <summary>It called, and said where it takes calls.</summary>
    Caller,
}
