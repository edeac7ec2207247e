using System.Net;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Engine.Targets;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Control;

/// <summary>Puts together what the control plane tells: settings, counters, receipts and, once it runs, the node's own view.</summary>
internal sealed class NodeFacts(ProxySettings settings, TimeProvider time, SwarmMetrics metrics, ReceiptStore receipts, NodeEventHub events, Func<InterceptedHosts?>? opened = null)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private volatile Running? _running;
    private TcpView? _tcp;

    public ReceiptStore Receipts => receipts;

    /// <summary>The node's own connections as the kernel sees them.</summary>
    public TcpView Tcp => LazyInitializer.EnsureInitialized(ref _tcp, () => new TcpView(() => View?.Connections() ?? [], f => View?.Found(f), time))!;

    public NodeEventHub Events => events;

    /// <summary>Null until all parts run.</summary>
    public INodeView? View => _running?.View;

    public void Attach(INodeView view, IPEndPoint proxy, IPEndPoint control, IPEndPoint? peer) =>
        _running = new Running(view, proxy, $"http://{proxy}", $"http://{control}", peer?.ToString());

    /// <summary>The proxy configuration for browsers; null until all parts run.</summary>
    public string? ProxyPac() => _running is { } running ? Control.ProxyPac.Text(running.ProxyEndPoint, opened?.Invoke()) : null;

    /// <summary>Null until all parts run.</summary>
    public StatusView? Status()
    {
        if (_running is not { } running)
        {
            return null;
        }

        var status = running.View.Status();
        var now = time.GetUtcNow();
        var notices = receipts.Trouble is { } trouble ? [.. status.Notices, $"Receipts are not being saved: {trouble}."] : status.Notices;
        var intercepted = opened?.Invoke();
        return new StatusView(
            BuildVersion.Version, BuildVersion.Commit, _started, (long)(now - _started).TotalMilliseconds,
            running.Proxy, running.Control, running.Peer, status.Share, settings.SwarmHosts,
            status.OpenRequests, running.View.Resources().Count, running.View.Torrents().Count,
            metrics.Peers, metrics.ReceivedBytes, new SentBytes(metrics.SentToClientBytes, metrics.SentToPeerBytes),
            metrics.DuplicateBytes, metrics.RejectedBytes, metrics.Stalls, status.Store, notices)
        {
            Dht = status.Dht,
            InterceptedHosts = intercepted?.Texts ?? [],
            // Those that are opened by now were tunnels before.
            Tunnels = [.. status.Tunnels.Where(t => !(TargetHost.TryParse(t.Host, out var host) && intercepted?.Cover(host) == true))],
        };
    }

    private sealed record Running(INodeView View, IPEndPoint ProxyEndPoint, string Proxy, string Control, string? Peer);
}
