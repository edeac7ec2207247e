using System.Net;

namespace Swarm.Proxy.Transparent;

/// <summary>A connection that a firewall sent here, and where its client meant to go. A feature of the connection.</summary>
public sealed record RedirectedConnection(IPEndPoint Destination);
