using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Control;

/// <summary>
/// What the control plane may see of the node, and the few things it may ask of it. Every member may be called from any
/// thread at any time and answers from a snapshot: no lock of the data path is held meanwhile.
/// </summary>
public interface INodeView
{
    NodeStatus Status();

    /// <summary>Resources with an open reader or a swarm, the most recently used first.</summary>
    IReadOnlyList<ResourceView> Resources();

    /// <summary>One of <see cref="Resources"/> close up, drawn in at most <paramref name="cells"/> cells; null if there is none with this id.</summary>
    FlowView? Flow(string id, int cells);

    IReadOnlyList<PeerView> Peers();

    IReadOnlyList<TorrentView> Torrents();

    /// <summary>This node's own TCP connections, each with what it is for.</summary>
    IReadOnlyList<OwnConnection> Connections() => [];

    /// <summary>Takes note of what the diagnostics found about one of them, or that it is over.</summary>
    void Found(OwnFinding finding)
    {
    }

    /// <summary>Changes what peers are given until the next restart or reload; a sentence if <paramref name="mode"/> is none.</summary>
    string? Share(string mode);

    /// <summary>Adds a torrent from the bytes of its metainfo file; never throws on any input.</summary>
    /// <param name="keep">Whether it survives a restart of the node.</param>
    /// <param name="path">The full path of a folder with files of it that the user has; null without.</param>
    ValueTask<AddTorrentResult> AddTorrentAsync(ReadOnlyMemory<byte> metainfo, bool keep, string? path, CancellationToken cancellation);

    /// <summary>Does something with a torrent; null if there is no such.</summary>
    ValueTask<AddTorrentResult?> ActAsync(string infohash, TorrentAction action, CancellationToken cancellation);

    /// <summary>A player's URL with a capability of its own, or one sentence why there is none.</summary>
    (CapabilityView? Capability, string? Problem) IssueCapability(CapabilityRequest request);

    /// <summary>Takes a player's word about its playhead; false if nothing is open under that URL.</summary>
    bool TellPlayhead(PlayheadReport told);

    /// <summary>Forgets the stored small answers of one URL, or all; says of how many URLs that were.</summary>
    int PurgeCache(string? url);
}
