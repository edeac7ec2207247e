namespace Swarm.Lab.Harness;

/// <summary>What a <see cref="WirePeer"/> does with a request for a block.</summary>
public enum Misbehaviour
{
    /// <summary>Nothing wrong: sends the block. The control among the bad ones.</summary>
    None,

    /// <summary>Sends every block with one byte changed.</summary>
    Corrupt,

    /// <summary>Unchokes and takes requests, and never sends a byte of a block.</summary>
    Mute,

    /// <summary>Sends at 4 KB/s, a few bytes at a time.</summary>
    Drip,
}
