namespace Swarm.Diagnostics.Analysis;

/// <summary>How verdicts and tiers are written, in text and in JSON.</summary>
public static class VerdictText
{
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Collapsing => "COLLAPSING",
        Verdict.GlobalPressure => "GLOBAL PRESSURE",
        Verdict.OfoLoss => "OFO LOSS",
        Verdict.StalledReader => "STALLED READER",
        Verdict.SlowReader => "SLOW READER",
        Verdict.Raised => "RAISED",
        Verdict.Breached => "BREACHED",
        Verdict.Bloated => "BLOATED",
        Verdict.Limit => "LIMIT",
        _ => "OVER BUDGET",
    };

    public static string Of(Tier tier) => tier switch
    {
        Tier.Exact => "exact",
        Tier.Bracketed => "bracketed",
        Tier.Sampled => "sampled",
        Tier.Inferred => "inferred",
        _ => "imported",
    };
}
