namespace Swarm.Proxy.Cli;

/// <summary>Does the proxy that this node itself goes through answer? A variable that an old network left behind breaks every request.</summary>
internal sealed class UpstreamCheck : IDoctorCheck
{
    private const string Topic = "up";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.Upstreams.Select(static up => up.Problem is { } problem
        ? DoctorLine.Bad(Topic, $"origins are reached through {up.Proxy}, as {up.Because} says, and that does not answer: {problem}", "start that proxy; or go without it: --upstream-proxy none, or unset the variable")
        : DoctorLine.Good(Topic, $"origins are reached through {up.Proxy}, as {up.Because} says, and it answers; --upstream-proxy none goes without it"));
}
