namespace Swarm.Diagnostics.Tcp;

/// <summary>How a recording ends.</summary>
public enum RecordingEnd
{
    /// <summary>It is being read, or has not been read to its end.</summary>
    NotReached,

    /// <summary>The program that made it ended it.</summary>
    Clean,

    /// <summary>The program was killed, or the file cut: everything before is whole.</summary>
    Cut,

    /// <summary>A block is not what was written: everything before is whole, what follows cannot be read.</summary>
    Damaged,
}
