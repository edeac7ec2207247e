namespace Swarm.Peer;

/// <summary>Why a peer gave no metadata.</summary>
public enum MetadataFault : byte
{
    None = 0,

    /// <summary>It left, or said nothing useful in time.</summary>
    Silent,

    /// <summary>It is no peer of this torrent.</summary>
    NotOurs,

    /// <summary>It has none, or refuses to send any.</summary>
    Refused,

    /// <summary>It lied or broke the protocol: an absurd size, wrong bytes, hashes that lead nowhere. Not to be asked again.</summary>
    Lied,
}
