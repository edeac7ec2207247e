using System.Net;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Lifetime;

/// <summary>The running engine as the host sees it. Dispose ends it: connections closed, store marked clean.</summary>
public interface IEngineHost : IAsyncDisposable
{
    INodeView View { get; }

    /// <summary>Where peers reach this node; null: no peer listener.</summary>
    IPEndPoint? PeerEndPoint { get; }

    /// <summary>Where this node's own tracker listens; null: it runs none.</summary>
    IPEndPoint? TrackerEndPoint { get; }

    /// <summary>Where files of a site are seeded.</summary>
    ISiteSwarms Site { get; }

    /// <summary>Takes over what can change while running and names those settings, as flags name them.</summary>
    IReadOnlyList<string> Reload(ProxySettings settings);
}
