namespace Swarm.Core;

/// <summary>Who was asked for one run of leaf hashes, and when.</summary>
internal struct HashRun
{
    /// <summary>Slots asked and not answered yet; -1 = nobody.</summary>
    public int FirstSlot;
    public int SecondSlot;
    public long FirstAskedAtMicros;
    public long SecondAskedAtMicros;

    /// <summary>Since when blocks of the run wait at the head of a reader without hashes; 0 = they do not.</summary>
    public long NeededSinceMicros;
}
