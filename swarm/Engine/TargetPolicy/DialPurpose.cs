namespace Swarm.Engine.Targets;

/// <summary>Why a connection is opened; <see cref="LocalPeer"/> alone may lead into the local network unasked.</summary>
public enum DialPurpose
{
    Origin,
    Mirror,
    Metafile,
    Tracker,
    WebSeed,
    Peer,
    DhtNode,

    /// <summary>A peer that local discovery heard on this network: private and link-local addresses are its nature.</summary>
    LocalPeer,
}
