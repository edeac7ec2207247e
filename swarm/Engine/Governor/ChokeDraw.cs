namespace Swarm.Engine;

/// <summary>Why a peer has a slot, or none.</summary>
public enum ChokeReason : byte
{
    /// <summary>It wants nothing, or its swarm gives nothing.</summary>
    Idle = 0,

    /// <summary>Others had better claims.</summary>
    Outbid,

    /// <summary>A slot was free when it asked.</summary>
    Free,

    /// <summary>It gave us most in the last 20 s.</summary>
    Reciprocity,

    /// <summary>It is its turn: nobody gives us anything for these slots.</summary>
    Turn,

    /// <summary>The optimistic slot.</summary>
    Optimistic,

    /// <summary>A viewer of the same origin, in a slot that is kept for such.</summary>
    Viewer,
}

/// <summary>One change of a round: the peer gets a slot or loses it.</summary>
public readonly record struct ChokeDraw(int Loop, int Peer, bool Unchoke, ChokeReason Reason);
