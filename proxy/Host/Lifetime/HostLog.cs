namespace Swarm.Proxy.Lifetime;

/// <summary>The host's log lines.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "{Line}")]
    public static partial void Receipt(ILogger log, string line);

    [LoggerMessage(2, LogLevel.Debug, "The node did not start.")]
    public static partial void StartFailed(ILogger log, Exception e);

    [LoggerMessage(3, LogLevel.Warning, "The part '{Part}' did not stop cleanly.")]
    public static partial void StopFailed(ILogger log, string part, Exception e);

    [LoggerMessage(4, LogLevel.Warning, "TCP connections are not recorded: {Problem}")]
    public static partial void TcpNotRecorded(ILogger log, string problem);
}
