namespace Swarm.Proxy.Cli;

/// <summary>The settings of verbs that may run a node of their own: all that such a node obeys.</summary>
internal static class WorkSettings
{
    public static readonly IReadOnlyList<string> Names =
        ["data", "control", "peer-listen", "allow-target", "peer", "swarm-host", "no-dht", "dht-bootstrap", "no-lsd", "no-pex", "share", "quota", "up-limit", "down-limit", "upstream-proxy", "origin-ca", "record", "otlp-endpoint", "log-format"];
}
