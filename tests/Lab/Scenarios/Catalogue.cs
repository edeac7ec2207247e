namespace Swarm.Lab.Scenarios;

/// <summary>Every scenario, in the order in which a failure tells most.</summary>
public static class Catalogue
{
    public static IReadOnlyList<IScenario> All { get; } =
    [
        new HarnessScenario(),
    ];
}
