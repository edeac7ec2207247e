using System.Net;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Lifetime;

/// <summary>The node without an engine: every byte comes from the origin, there is no torrent, peer or store to show.</summary>
internal sealed class OriginOnly : IEngineHost, INodeView
{
    public INodeView View => this;
    public IPEndPoint? PeerEndPoint => null;

    public NodeStatus Status() => NodeStatus.Idle;

    public IReadOnlyList<ResourceView> Resources() => [];

    public IReadOnlyList<PeerView> Peers() => [];

    public IReadOnlyList<TorrentView> Torrents() => [];

    public ValueTask<AddTorrentResult> AddTorrentAsync(ReadOnlyMemory<byte> metainfo, CancellationToken cancellation) =>
        ValueTask.FromResult(AddTorrentResult.Refused("This node runs without a swarm engine, so it takes no torrents."));

    public IReadOnlyList<string> Reload(ProxySettings settings) => [];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
