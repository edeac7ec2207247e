namespace Swarm.Proxy.Cli;

/// <summary>How much of TCP the diagnostics can see here.</summary>
internal sealed class TierCheck : IDoctorCheck
{
    private const string Topic = "diag";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) => facts.Tiers.Select(static tier => tier.AbsentBecause is { } reason
        ? DoctorLine.Hint(Topic, $"{tier.Name} is absent: {reason}", tier.Fix)
        : DoctorLine.Good(Topic, $"{tier.Name}: {tier.Gives}"));
}
