using System.Security.Cryptography.X509Certificates;
using Swarm.Engine.Targets;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Origin;

/// <summary>How this node reaches origins.</summary>
public sealed class OriginOptions
{
    /// <summary>Decides and makes every dial.</summary>
    public required TargetPolicy Targets { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Dial and TLS handshake together. 10 s: what curl and browsers wait before they call a host dead is longer, but they have other addresses to try and we tried them all.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the sent request to the response header; the body has no limit.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whom an upstream proxy is asked by: the node's own name, by which it knows a request that comes back.</summary>
    public ProxyIdentity Identity { get; init; } = ProxyIdentity.Random();

    /// <summary>The proxies that origins are reached through; null for none.</summary>
    public UpstreamChoice? Upstream { get; init; }

    /// <summary>Certificates of authorities trusted besides the machine's own. Names and validity are checked as always.</summary>
    public X509Certificate2Collection TrustedRoots { get; init; } = [];
}
