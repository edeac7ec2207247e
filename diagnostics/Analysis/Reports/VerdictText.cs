namespace Swarm.Diagnostics.Analysis;

/// <summary>How verdicts and tiers are written, in text and in JSON.</summary>
public static class VerdictText
{
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Collapsing => "COLLAPSING",
        Verdict.GlobalPressure => "GLOBAL PRESSURE",
        Verdict.OfoLoss => "OFO LOSS",
        Verdict.WindowFullDrops => "WINDOW-FULL DROPS",
        Verdict.StalledReader => "STALLED READER",
        Verdict.SlowReader => "SLOW READER",
        Verdict.Raised => "RAISED",
        Verdict.Breached => "BREACHED",
        Verdict.Bloated => "BLOATED",
        Verdict.Limit => "LIMIT",
        _ => "OVER BUDGET",
    };

    public static Verdict? TryParse(string text) =>
        Enum.GetValues<Verdict>().Cast<Verdict?>().FirstOrDefault(v => string.Equals(Of(v!.Value), text, StringComparison.OrdinalIgnoreCase));

    /// <summary>True when a verdict's name begins so.</summary>
    public static bool Begins(string text) =>
        Enum.GetValues<Verdict>().Any(v => Of(v).StartsWith(text, StringComparison.OrdinalIgnoreCase));

    public static string Of(Tier tier) => tier switch
    {
        Tier.Exact => "exact",
        Tier.Bracketed => "bracketed",
        Tier.Sampled => "sampled",
        Tier.Inferred => "inferred",
        _ => "imported",
    };
}
