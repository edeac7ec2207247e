namespace Swarm.Proxy.Cli;

/// <summary>Everything <c>doctor</c> looks at, in the order it is printed.</summary>
internal static class DoctorChecks
{
    public static IReadOnlyList<IDoctorCheck> All { get; } =
        [new PortCheck(), new FolderCheck(), new ClockCheck(), new ProxyVariableCheck(), new AuthorityCheck(), new TierCheck(), new SiteCheck(), new SwarmCheck()];
}
