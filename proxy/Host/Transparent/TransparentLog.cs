namespace Swarm.Proxy.Transparent;

/// <summary>What the log says about redirected connections.</summary>
internal static partial class TransparentLog
{
    [LoggerMessage(1, LogLevel.Warning, "A connection of this proxy to {Destination} was redirected back to it and is refused. Exempt the proxy's user in the firewall: meta skuid \"swarmstream\" return.")]
    public static partial void Loop(ILogger log, string destination);
}
