using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Engine.Targets;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Lifetime;

/// <summary>What every part of the node is given to start with.</summary>
/// <param name="DataDirectory">Where pieces live; exists, and this process alone holds it.</param>
/// <param name="ControlUrl">Where receipts are fetched: <c>ControlUrl/api/v1/receipts/ID</c>.</param>
/// <param name="Receipts">Each finished download adds its receipt here; the log line and the <c>receipt</c> event follow by themselves.</param>
/// <param name="Events">Where parts publish what a page may show live.</param>
/// <param name="Sockets">Ports that were opened for this process: whoever listens looks here first.</param>
/// <param name="Targets">Who may be dialled: one policy for every part; it refuses this node's own listeners.</param>
public sealed record NodeStart(
    ProxySettings Settings,
    NodePaths Paths,
    string DataDirectory,
    string ControlUrl,
    OwnListeners OwnListeners,
    TargetPolicy Targets,
    SwarmMetrics Metrics,
    ReceiptStore Receipts,
    NodeEventHub Events,
    ILoggerFactory Logs,
    TimeProvider Time,
    PassedSockets Sockets);
