namespace Swarm.Diagnostics.Analysis;

/// <summary>The rules there are. A new one is a class and a line here.</summary>
public static class RuleBook
{
    public static IReadOnlyList<ISocketRule> Socket { get; } =
    [
        new CollapsingRule(),
        new OfoLossOfConnectionRule(),
        new WindowFullDropsOfConnectionRule(),
        new StalledReaderRule(),
        new SlowReaderRule(),
        new RaisedRule(),
        new BreachedRule(),
        new BloatedRule(),
        new LimitRule(),
        new OverBudgetRule(),
    ];

    public static IReadOnlyList<IHostRule> Host { get; } =
    [
        new HostCollapsingRule(),
        new GlobalPressureRule(),
        new OfoLossRule(),
        new WindowFullDropsRule(),
    ];
}
