namespace Swarm.Proxy.Cli;

/// <summary>Everything <c>doctor</c> looks at, in the order it is printed.</summary>
internal static class DoctorChecks
{
    public static IReadOnlyList<IDoctorCheck> All { get; } =
    [
        new NodeCheck(), new PortCheck(), new NetworkCheck(), new FolderCheck(), new OpenFilesCheck(), new ClockCheck(), new UpstreamCheck(), new ProxyVariableCheck(),
        new ToolProxyCheck(), new TrustCheck(), new AuthorityCheck(), new TierCheck(), new SiteCheck(), new SwarmCheck(),
    ];
}
