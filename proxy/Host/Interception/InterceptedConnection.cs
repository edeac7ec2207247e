using Swarm.Engine.Targets;

namespace Swarm.Proxy.Interception;

/// <summary>A connection inside a tunnel that was opened here: its requests are for this host and port and no other. A feature of the connection.</summary>
public sealed record InterceptedConnection(TargetHost Host, int Port);
