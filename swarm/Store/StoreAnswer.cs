namespace Swarm.Store;

/// <summary>What the store says to a block that it is offered.</summary>
public enum StoreAnswer
{
    /// <summary>It will not be kept: it is kept already, the quota is used up, the disk is in trouble.</summary>
    No = 0,

    /// <summary>It would be kept, but more waits for the disk than fits: offered again after <see cref="PieceStore.Room"/> it may be.</summary>
    Later,

    /// <summary>The writer has it.</summary>
    Taken,
}
