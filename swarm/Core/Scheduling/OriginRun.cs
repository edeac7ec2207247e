namespace Swarm.Core;

/// <summary>One contiguous answer of an origin, asked for or under way.</summary>
internal struct OriginRun
{
    /// <summary>Slot of the origin source.</summary>
    public int Slot;

    /// <summary>The block it delivers now.</summary>
    public int Next;

    /// <summary>One past its last block.</summary>
    public int End;

    /// <summary>Blocks before this are its own; peers are given blocks from here on.</summary>
    public int ClaimEnd;

    /// <summary>Where it was told to end; -1 when it was not.</summary>
    public int CutAt;

    /// <summary>1 once its first byte came.</summary>
    public int Running;

    /// <summary>1 for a run bounded because a swarm is known: all of it is claimed.</summary>
    public int Bounded;

    /// <summary>1 if it was asked for blocks that no peer serves: not released, however fast the peers are.</summary>
    public int Indispensable;

    /// <summary>Bytes of <see cref="Next"/> received.</summary>
    public int PartBytes;

    /// <summary>1 for a cell of the crowd, told to the others as claimed; 0 for a run of this node alone.</summary>
    public int Cell;

    public long AskedAtMicros;
    public long LastProgressMicros;
}
