using System.Net;
using Swarm.Proxy.Front;

namespace Swarm.Proxy.Lifetime;

/// <summary>The front as a part of the node.</summary>
public sealed class FrontListener : IProxyListener
{
    private readonly ProxyFront _front;

    private FrontListener(ProxyFront front) => _front = front;

    public IPEndPoint EndPoint => _front.BoundAddress;

    /// <summary>Starts a front; what keeps it from starting becomes a sentence that names the holder of a taken port.</summary>
    /// <param name="options">The front's own options: routes and transport; address, policy and clock come from <paramref name="start"/>.</param>
    public static async Task<Started<IProxyListener>> StartAsync(NodeStart start, FrontOptions options, CancellationToken cancellation)
    {
        try
        {
            return Started.As<IProxyListener>(new FrontListener(await ProxyFront.StartAsync(options, cancellation)));
        }
        catch (FrontUnusableException e)
        {
            return Started.Failed<IProxyListener>(PortHolder.Find(start.Settings.Listen) is not null && start.Settings.Listen.Port > 0
                ? ListenError.Sentence("--listen", start.Settings.Listen, System.Net.Sockets.SocketError.AddressAlreadyInUse)
                : e.Message);
        }
    }

    /// <summary>The options that every front of this node has in common.</summary>
    public static FrontOptions OptionsOf(NodeStart start) => new()
    {
        Listen = start.Settings.Listen,
        OwnListeners = start.OwnListeners,
        Sockets = start.Sockets,
        Targets = start.Targets,
        Time = start.Time,
        Logs = start.Logs,
    };

    public Task StopAsync(CancellationToken cancellation) => _front.StopAsync().WaitAsync(cancellation);

    public ValueTask DisposeAsync() => _front.DisposeAsync();
}
