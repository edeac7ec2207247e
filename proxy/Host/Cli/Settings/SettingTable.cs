using System.Globalization;
using System.Net;
using Swarm.Engine;
using Swarm.Engine.Targets;
using Swarm.Protocol;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Cli;

/// <summary>Every setting of the proxy, in the order of the help.</summary>
internal static class SettingTable
{
    public static readonly IReadOnlyList<SettingDefinition> All =
    [
        One("listen", "ADDRESS:PORT", "Where clients reach the proxy. Port 0 picks a free one.", "127.0.0.1:7976", Listen),
        One("control", "ADDRESS:PORT", "Where the status page, the API and /metrics are. Loopback only.", "127.0.0.1:7977", Control),
        One("peer-listen", "ADDRESS:PORT", "Accept BitTorrent peers here; port 0 picks a free one.", "[::]:51413, or a free port, if anything is shared", PeerListen),
        One("tracker-listen", "ADDRESS:PORT", "Run a tracker for the given torrents here, HTTP and UDP.", "none", TrackerListen),
        Path("data", SettingArity.One, "DIR", "Keep everything of this node in DIR: pieces, receipts, token.", "the XDG folders",
            static (settings, values) => settings with { DataDirectory = values[0] }),
        Path("torrent", SettingArity.Many, "FILE|MAGNET", "Torrents to serve at /torrents/INFOHASH.", "none", Torrent),
        Switch("seed-now", "Join the swarms of given torrents at start, not at first use.", static settings => settings with { SeedNow = true }),
        Many("swarm-host", "HOST|*", "Hosts whose files may be fetched from a swarm too; * for all.", "none", SwarmHost),
        One("share", "off|reading|seed", "Give verified pieces to peers: never, while a client reads, or always.", "reading", Share),
        Many("allow-target", "HOST|CIDR", "Private or loopback addresses that may be dialled.", "none", AllowTargets),
        Many("connect-port", "PORT", "Ports that CONNECT may reach besides 443.", "none", ConnectPorts),
        One("gateway-root", "HOST|URL", "Answer paths that are not the proxy's own from HOST, for mirror settings that take no path.", "none", GatewayRoot),
        Many("peer", "HOST:PORT", "Peers to ask, besides those that are found.", "none", Peers),
        Switch("no-dht", "Do not use the DHT.", static settings => settings with { Dht = false }),
        Many("dht-bootstrap", "HOST:PORT", "Nodes by which to enter the DHT.", "well-known public ones", DhtBootstrap),
        Switch("no-lsd", "Do not look for peers in the local network.", static settings => settings with { Lsd = false }),
        Switch("no-pex", "Do not exchange peer addresses with peers.", static settings => settings with { Pex = false }),
        One("quota", "SIZE", "Most bytes the piece store may take, e.g. 10GiB.", "the disk", Quota),
        One("cache-size", "SIZE", "Most bytes small stored answers may take on disk; 0 keeps them in memory.", "256MiB", CacheSize),
        One("up-limit", "RATE", "Most bytes per second to peers, e.g. 4Mbit/s.", "85 % of the uplink, as measured", UpLimit),
        NotBuilt("down-limit", SettingArity.One, "RATE", "Most bytes per second from peers."),
        One("ratio", "R", "Stop giving when R times what is held, and what readers are still to get, was given, torrent by torrent.", "1 with reading, none with seed", Ratio),
        Path("proxy-auth", SettingArity.One, "FILE", "Only users in FILE may use the proxy: name:password, one a line; mode 0600.", "none",
            static (settings, values) => settings with { ProxyAuthFile = values[0] }),
        Many("trust-clients", "CIDR", "Only clients in these networks, and this machine, may use the proxy.", "none", TrustClients),
        Path("access-log", SettingArity.One, "FILE", "Append a line for each request to FILE.", "none",
            static (settings, values) => settings with { AccessLogFile = values[0] }),
        One("access-log-format", "combined|json", "How those lines are written.", "combined", AccessLogFormat),
        One("upstream-proxy", "URL|none", "Reach origins through this proxy, but for what NO_PROXY lists.", "http_proxy and https_proxy, as other tools", Upstream) with { Shown = UpstreamProxy.Shown },
        Path("origin-ca", SettingArity.Many, "FILE", "Certificate authorities (PEM) that may vouch for origins, besides the system's.", "SWARMSTREAM_CA_FILE",
            static (settings, values) => settings with { OriginAuthorityFiles = values }),
        Switch("transparent", "Answer connections that the firewall redirected here, too.", static settings => settings with { Transparent = true }),
        Path("record", SettingArity.One, "DIR", "Write event logs to DIR, for 'log replay'.", "none",
            static (settings, values) => settings with { RecordDirectory = values[0] }),
        One("otlp-endpoint", "URL|none", "Send metrics and traces to this OpenTelemetry receiver (OTLP over HTTP).", "OTEL_EXPORTER_OTLP_ENDPOINT", Otlp),
        One("log-format", "text|json", "How log lines on stderr are written.", "text", Log),
    ];

    public static SettingDefinition? Find(string name) => All.FirstOrDefault(definition => definition.Name == name);

    private static Applied Listen(ProxySettings settings, string text) =>
        EndpointText.TryParseListen(text, out var endpoint) ? settings with { Listen = endpoint } : NoEndpoint(text);

    private static Applied Control(ProxySettings settings, string text) =>
        !EndpointText.TryParseListen(text, out var endpoint) ? NoEndpoint(text)
        : EndpointText.IsLoopback(endpoint.Address) ? settings with { Control = endpoint }
        : Applied.Refused("the control listener takes loopback addresses only, e.g. 127.0.0.1:7977.");

    private static Applied PeerListen(ProxySettings settings, string text) =>
        EndpointText.TryParseListen(text, out var endpoint) ? settings with { PeerListen = endpoint } : NoEndpoint(text);

    private static Applied TrackerListen(ProxySettings settings, string text) =>
        EndpointText.TryParseListen(text, out var endpoint) ? settings with { TrackerListen = endpoint } : NoEndpoint(text);

    private static Applied Torrent(ProxySettings settings, IReadOnlyList<string> values)
    {
        foreach (var value in values.Where(v => v.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase)))
        {
            if (!Bep53Magnet.TryParse(value, out _, out var problem))
            {
                return Applied.Refused(problem + ".");
            }
        }

        return settings with { TorrentFiles = values };
    }

    private static Applied SwarmHost(ProxySettings settings, IReadOnlyList<string> values)
    {
        var bad = values.FirstOrDefault(value => value != "*" && !HostText.IsHost(value) && !IPAddress.TryParse(value.Trim('[', ']'), out _));
        return bad is null
            ? settings with { SwarmHosts = [.. values.Select(value => value.TrimEnd('.').ToLowerInvariant()).Distinct()] }
            : Applied.Refused($"'{bad}' is not a host; write a name such as cdn.example.org, without scheme or port, or * for all.");
    }

    private static Applied Share(ProxySettings settings, string text) => text switch
    {
        "off" => settings with { Share = ShareMode.Off },
        "reading" => settings with { Share = ShareMode.Reading },
        "seed" => settings with { Share = ShareMode.Seed },
        _ => Applied.Refused($"'{text}' is not one of off, reading, seed."),
    };

    private static Applied UpLimit(ProxySettings settings, string text) =>
        SizeText.TryParseRate(text, out var rate) && rate > 0
            ? settings with { UpLimitBytesPerSecond = rate }
            : Applied.Refused($"'{text}' is not a rate; write {SizeText.RateExample}, or --share off to give nothing.");

    private static Applied Ratio(ProxySettings settings, string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is > 0 and <= 1_000_000
            ? settings with { Ratio = ratio }
            : Applied.Refused($"'{text}' is not a ratio; write a number above 0, e.g. 1.5, or --share off to give nothing.");

    private static Applied AllowTargets(ProxySettings settings, IReadOnlyList<string> values) =>
        values.FirstOrDefault(value => !AllowedTargets.TryParse([value], out _, out _)) is { } bad
            ? Applied.Refused($"'{bad}' is neither a host nor a network; write e.g. nas.local, 127.0.0.1 or 10.0.0.0/8 (host bits zero).")
            : settings with { AllowTargets = values };

    private static Applied ConnectPorts(ProxySettings settings, IReadOnlyList<string> values)
    {
        var ports = new List<int>(values.Count);
        foreach (var value in values)
        {
            if (!int.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                return Applied.Refused($"'{value}' is not a port; write a number from 1 to 65535.");
            }

            ports.Add(port);
        }

        return settings with { ConnectPorts = ports };
    }

    private static Applied GatewayRoot(ProxySettings settings, string text) =>
        GatewayRootRoute.RootOf(text) is { } root ? settings with { GatewayRoot = root }
        : Applied.Refused($"'{text}' is no host; write e.g. registry-1.docker.io, or http://HOST:PORT for one without https.");

    private static Applied Peers(ProxySettings settings, IReadOnlyList<string> values) =>
        ReadEnds(values, out var peers) is { } bad ? Applied.Refused(bad) : settings with { Peers = peers };

    /// <summary>Null, or which of them is none: a sentence.</summary>
    private static string? ReadEnds(IReadOnlyList<string> values, out List<DnsEndPoint> ends)
    {
        ends = new(values.Count);
        foreach (var value in values)
        {
            if (!EndpointText.TryParseDial(value, out var end))
            {
                return $"'{value}' is not a host and port; write e.g. 192.0.2.7:51413 or [2001:db8::7]:51413.";
            }

            ends.Add(end);
        }

        return null;
    }

    private static Applied DhtBootstrap(ProxySettings settings, IReadOnlyList<string> values) =>
        ReadEnds(values, out var nodes) is { } bad ? Applied.Refused(bad) : settings with { DhtBootstrap = nodes };

    private static Applied TrustClients(ProxySettings settings, IReadOnlyList<string> values)
    {
        var networks = new List<IPNetwork>(values.Count);
        foreach (var value in values)
        {
            if (!IPNetwork.TryParse(value, out var network))
            {
                return Applied.Refused($"'{value}' is not a network; write e.g. 192.168.1.0/24 or fd00::/8.");
            }

            networks.Add(network);
        }

        return settings with { TrustClients = networks };
    }

    private static Applied Upstream(ProxySettings settings, string text) =>
        text == "none" ? settings with { Upstream = null }
        : UpstreamProxy.TryParse(text, out var proxy) ? settings with { Upstream = new UpstreamChoice(proxy, proxy, new UpstreamBypass(null)) }
        : Applied.Refused("the value is not the URL of an HTTP proxy; write e.g. http://proxy.example.org:3128, or none.");

    private static Applied Otlp(ProxySettings settings, string text) =>
        text == "none" ? settings with { Otlp = null }
        : OtlpEndpoint.TryParse(text, out var endpoint) ? settings with { Otlp = endpoint }
        : Applied.Refused(OtlpEndpoint.Refusal);

    private static Applied AccessLogFormat(ProxySettings settings, string text) => text switch
    {
        "combined" => settings with { AccessLogJson = false },
        "json" => settings with { AccessLogJson = true },
        _ => Applied.Refused($"'{text}' is not one of combined, json."),
    };

    private static Applied Quota(ProxySettings settings, string text) =>
        SizeText.TryParseSize(text, out var bytes) && bytes > 0
            ? settings with { QuotaBytes = bytes }
            : Applied.Refused($"'{text}' is not a size; write {SizeText.SizeExample}.");

    private static Applied CacheSize(ProxySettings settings, string text) =>
        SizeText.TryParseSize(text, out var bytes) && (bytes == 0 || bytes >= CacheOptions.DiskBytesMin)
            ? settings with { CacheBytes = bytes }
            : Applied.Refused($"'{text}' is not a size that helps; write 0, or at least 1MiB.");

    private static Applied Log(ProxySettings settings, string text) => text switch
    {
        "text" => settings with { LogFormat = LogFormat.Text },
        "json" => settings with { LogFormat = LogFormat.Json },
        _ => Applied.Refused($"'{text}' is not one of text, json."),
    };

    private static Applied NoEndpoint(string text) =>
        Applied.Refused($"'{text}' is not an address and port; write {EndpointText.Example}.");

    private static SettingDefinition One(string name, string valueName, string help, string @default, Func<ProxySettings, string, Applied> apply) =>
        new(name, SettingArity.One, valueName, help, @default, (settings, values) => apply(settings, values[0]));

    private static SettingDefinition Many(
        string name, string valueName, string help, string @default, Func<ProxySettings, IReadOnlyList<string>, Applied> apply) =>
        new(name, SettingArity.Many, valueName, help, @default, apply);

    private static SettingDefinition Path(
        string name, SettingArity arity, string valueName, string help, string @default, Func<ProxySettings, IReadOnlyList<string>, Applied> apply) =>
        new(name, arity, valueName, help, @default, apply) { IsPath = true };

    private static SettingDefinition Switch(string name, string help, Func<ProxySettings, ProxySettings> apply) =>
        new(name, SettingArity.Switch, "", help, "false", (settings, _) => apply(settings));

    private static SettingDefinition NotBuilt(string name, SettingArity arity, string valueName, string help) =>
        new(name, arity, valueName, help + " Not built yet.", "none", (_, _) => Applied.Refused("this setting is not built yet; leave it out."));
}
