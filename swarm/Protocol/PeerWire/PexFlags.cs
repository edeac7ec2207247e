namespace Swarm.Protocol;

/// <summary>What a peer says of another one (BEP 11 <c>added.f</c>).</summary>
[Flags]
public enum PexFlags : byte
{
    None = 0,

    PrefersEncryption = 0x01,

    /// <summary>It has everything, or wants nothing: of no use to a node that is complete itself.</summary>
    Seed = 0x02,

    Utp = 0x04,
    Holepunch = 0x08,

    /// <summary>The sender dialled it itself: it takes connections.</summary>
    Reachable = 0x10,
}
