namespace Swarm.Engine;

/// <summary>What looks around once in a while, by the node's <see cref="Heartbeat"/>.</summary>
internal interface IBeat
{
    /// <summary>True while it must look each second.</summary>
    bool IsBusy { get; }

    /// <summary>Looks around. Never throws; never at the same time as itself; may come once more after it was taken off.</summary>
    void Beat();
}
