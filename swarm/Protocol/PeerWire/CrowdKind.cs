namespace Swarm.Protocol;

/// <summary>What a <see cref="CrowdMessage"/> says.</summary>
public enum CrowdKind : byte
{
    /// <summary>Of a later version; skipped.</summary>
    Unknown = 0,

    /// <summary>"I have asked my origin for these bytes": leave them to me for a while.</summary>
    Claim = 1,

    /// <summary>"My reader is here and takes so many bytes a second": a deadline for each block that I ask for.</summary>
    Playhead = 2,

    /// <summary>"I have these blocks, verified": a HAVE below the piece.</summary>
    Have = 3,

    /// <summary>"My origin gave me blocks whose leaf hashes are these": whoever has heard all of a piece can check them against the torrent.</summary>
    Leaves = 4,
}
