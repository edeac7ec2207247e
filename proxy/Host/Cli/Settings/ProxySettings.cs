using System.Net;
using Swarm.Engine;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Cli;

/// <summary>What the proxy was told to do, all layers merged. A value: a reload makes another one.</summary>
public sealed record ProxySettings
{
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 7976);
    public IPEndPoint Control { get; init; } = new(IPAddress.Loopback, 7977);

    /// <summary>Null: the usual port if it is free, where anything is shared; else none.</summary>
    public IPEndPoint? PeerListen { get; init; }

    /// <summary>Where a tracker of this node's own listens, HTTP and UDP; null for none.</summary>
    public IPEndPoint? TrackerListen { get; init; }

    /// <summary>When peers are given anything.</summary>
    public ShareMode Share { get; init; } = ShareMode.Reading;

    /// <summary>Stop giving at this ratio; null: 1 while reading, never when seeding.</summary>
    public double? Ratio { get; init; }

    /// <summary>Most bytes per second to peers; null: 85 % of what the uplink carries.</summary>
    public long? UpLimitBytesPerSecond { get; init; }

    /// <summary>The ratio at which giving stops; null for never.</summary>
    public double? RatioLimit => Ratio ?? (Share == ShareMode.Reading ? 1 : null);

    /// <summary>Null: the folders of <see cref="NodePaths"/>.</summary>
    public string? DataDirectory { get; init; }

    public IReadOnlyList<string> TorrentFiles { get; init; } = [];

    /// <summary>Join the swarms of given torrents at start instead of at first use.</summary>
    public bool SeedNow { get; init; }

    /// <summary>Hosts whose resources may join swarms; <c>*</c> stands for all. Empty: none.</summary>
    public IReadOnlyList<string> SwarmHosts { get; init; } = [];

    /// <summary>Hosts, addresses and networks that may be dialled although they are private, loopback or otherwise refused; <c>AllowedTargets</c> can read each.</summary>
    public IReadOnlyList<string> AllowTargets { get; init; } = [];

    /// <summary>Ports that CONNECT may reach besides 443.</summary>
    public IReadOnlyList<int> ConnectPorts { get; init; } = [];

    /// <summary>The gateway's path of the site that answers under the proxy port's root; null: none does.</summary>
    public string? GatewayRoot { get; init; }

    /// <summary>Peers to dial besides those that discovery finds.</summary>
    public IReadOnlyList<DnsEndPoint> Peers { get; init; } = [];

    public bool Dht { get; init; } = true;

    /// <summary>Nodes by which to enter the DHT; empty: well-known public ones.</summary>
    public IReadOnlyList<DnsEndPoint> DhtBootstrap { get; init; } = [];

    public bool Lsd { get; init; } = true;
    public bool Pex { get; init; } = true;

    /// <summary>Bytes the piece store may take; null: no limit but the disk.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Bytes that small answers may take on disk; 0: they stay in memory.</summary>
    public long CacheBytes { get; init; } = CacheOptions.DefaultDiskBytes;

    /// <summary>Where event logs are written; null: nowhere.</summary>
    public string? RecordDirectory { get; init; }

    /// <summary>The file of users who may use the proxy; null: none is asked for.</summary>
    public string? ProxyAuthFile { get; init; }

    /// <summary>Networks whose clients may use the proxy, besides this machine; empty: whoever reaches it.</summary>
    public IReadOnlyList<IPNetwork> TrustClients { get; init; } = [];

    /// <summary>The proxies that origins are reached through; null: none.</summary>
    public UpstreamChoice? Upstream { get; init; }

    /// <summary>PEM files of authorities that may vouch for origins, besides the system's.</summary>
    public IReadOnlyList<string> OriginAuthorityFiles { get; init; } = [];

    /// <summary>Connections that a firewall redirected here are answered, too.</summary>
    public bool Transparent { get; init; }

    /// <summary>Where requests are logged; null: nowhere.</summary>
    public string? AccessLogFile { get; init; }

    /// <summary>JSON lines instead of the combined format.</summary>
    public bool AccessLogJson { get; init; }

    /// <summary>Who is sent metrics and traces; null: nobody.</summary>
    public OtlpEndpoint? Otlp { get; init; }

    public LogFormat LogFormat { get; init; }

    /// <summary>The site whose visitors this port answers as a reverse proxy; null: this is a forward proxy.</summary>
    internal OriginPlan? Site { get; init; }

    /// <summary>True if <paramref name="host"/> may join swarms.</summary>
    public bool MayJoin(string host) =>
        SwarmHosts.Any(listed => listed == "*" || string.Equals(listed, host, StringComparison.OrdinalIgnoreCase));
}

/// <summary>How log lines are written to stderr.</summary>
public enum LogFormat
{
    Text,
    Json,
}
