using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Engine.Targets;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;
using Swarm.Proxy.Tunnel;

namespace Swarm.Proxy.Front;

/// <summary>Everything a <see cref="ProxyFront"/> is made of; what is left out gets the default of the contract.</summary>
public sealed class FrontOptions
{
    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 7976);

    /// <summary>Ports that were opened for this process; null for none.</summary>
    internal PassedSockets? Sockets { get; init; }

    /// <summary>The ports of this process; the front adds its own. Shared with the control port and the peer listener.</summary>
    public OwnListeners OwnListeners { get; init; } = new();

    /// <summary>Values of <c>--allow-target</c>.</summary>
    public AllowedTargets AllowedTargets { get; init; } = AllowedTargets.None;

    /// <summary>Who dials; by default one made of <see cref="AllowedTargets"/> and <see cref="OwnListeners"/>.</summary>
    public TargetPolicy? Targets { get; init; }

    /// <summary>How origins are reached; by default with <see cref="Targets"/> and the certificates of <c>SWARMSTREAM_CA_FILE</c>.</summary>
    public OriginTransport? Transport { get; init; }

    /// <summary>Answers plain GET and HEAD; by default they are passed through.</summary>
    public IGetHandler? Get { get; init; }

    /// <summary>How the gateway asks for registries' documents; by default past any cache.</summary>
    public IOriginConnection? Documents { get; init; }

    /// <summary>Hears the answers to requests that may change what is stored; null where nothing is.</summary>
    internal CacheInvalidator? Cache { get; init; }

    /// <summary>Answers /torrents/…; by default 404 with a sentence.</summary>
    public ITorrentRoute? Torrents { get; init; }

    /// <summary>Tokens that let a page's media elements in; without it every token is refused.</summary>
    public CapabilityBook? Capabilities { get; init; }

    /// <summary>The gateway's path of the site that answers under this port's root; null for none.</summary>
    public string? GatewayRoot { get; init; }

    /// <summary>Makes the only route of a port that is a site and no proxy; null for a proxy.</summary>
    internal Func<IGetHandler, Forwarder, IRoute>? Site { get; init; }

    /// <summary>Who may use the port; an address that other machines reach needs a restricted one.</summary>
    public ClientAccess Access { get; init; } = ClientAccess.Everyone;

    /// <summary>Where requests are logged; null for nowhere. The caller's to dispose, after the front.</summary>
    public AccessLog? AccessLog { get; init; }

    /// <summary>Connections that one client address may have open. Browsers take a few dozen, a build machine some hundreds.</summary>
    public int ConnectionsOfOneClientMax { get; init; } = 2048;

    /// <summary>Who is connected, for the diagnostics.</summary>
    public ClientLabels Clients { get; init; } = new();

    /// <summary>Whose https passed unread, for the control plane.</summary>
    internal TunnelledHosts Tunnelled { get; init; } = new(TimeProvider.System);

    public ProxyIdentity Identity { get; init; } = ProxyIdentity.Random();

    /// <summary>Ports CONNECT may reach. 443 alone unless told: with all of them, a proxy is a way to talk SMTP to anyone.</summary>
    public IReadOnlySet<int> ConnectPorts { get; init; } = new HashSet<int> { 443 };

    /// <summary>Opens the https of hosts the user named; null opens none.</summary>
    internal Interceptor? Interception { get; init; }

    /// <summary>Connections that a firewall redirected here are answered, too, on both loopback addresses if it listens on one.</summary>
    public bool IsTransparent { get; init; }

    /// <summary>Tunnels open at one time.</summary>
    public int TunnelsMax { get; init; } = 1024;

    /// <summary>A tunnel in which nothing moved for this long is closed. RFC 5382 gives NAT bindings two hours and four minutes; browsers reopen in silence.</summary>
    public TimeSpan TunnelIdle { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Dial time-out of a tunnel.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of a request to the end of its header. Servers commonly give 10 to 60 s; nobody types to a proxy.</summary>
    public TimeSpan RequestHeadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may take no byte, or an upload or upgraded connection may move none.</summary>
    public TimeSpan StallLimit { get; init; } = StallRule.DefaultLimit;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;
}
