using System.Net;

namespace Swarm.Proxy.Lifetime;

/// <summary>The running proxy port; it has entered its address into the node's own listeners. Dispose stops accepting at once and gives open responses until <see cref="StopAsync"/>'s token ends.</summary>
public interface IProxyListener : IAsyncDisposable
{
    IPEndPoint EndPoint { get; }

    Task StopAsync(CancellationToken cancellation);
}
