namespace Swarm.Proxy.Interception;

/// <summary>What interception says on stderr.</summary>
internal static partial class InterceptionLog
{
    [LoggerMessage(1, LogLevel.Information, "https of {Hosts} is opened in CONNECT, until {NotAfter:yyyy-MM-dd}; everything else stays a blind tunnel.")]
    public static partial void InUse(ILogger log, string hosts, DateTimeOffset notAfter);

    [LoggerMessage(2, LogLevel.Warning, "No https is opened: {Problem}")]
    public static partial void NotUsable(ILogger log, string problem);

    [LoggerMessage(3, LogLevel.Debug, "A client left the TLS handshake for {Host}; if it does not trust the local CA, 'swarmstream ca show' says how it can.")]
    public static partial void HandshakeFailed(ILogger log, string host, Exception e);
}
