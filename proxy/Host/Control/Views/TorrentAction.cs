namespace Swarm.Proxy.Control;

/// <summary>What a person may do with a torrent the node has.</summary>
public enum TorrentAction
{
    /// <summary>Leave its swarm and stay out.</summary>
    Pause,

    /// <summary>Join again when it is used.</summary>
    Resume,

    /// <summary>Hash again what is here of it.</summary>
    Recheck,

    /// <summary>Forget it and what the store keeps of it; files the user brought stay.</summary>
    Remove,
}
