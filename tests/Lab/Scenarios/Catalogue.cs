namespace Swarm.Lab.Scenarios;

/// <summary>Every scenario, in the order in which a failure tells most.</summary>
public static class Catalogue
{
    public static IReadOnlyList<IScenario> All { get; } =
    [
        new HarnessScenario(),
        new CurlScenario(),
        new VerticalScenario(),
        new NoPeerScenario(),
        new StartupScenario(),
        new BadPeersScenario(),
        new PeersVanishScenario(),
        new OriginDiesScenario(),
        new FileReplacedScenario(sameETag: false),
        new FileReplacedScenario(sameETag: true),
        new HostileOriginsScenario(),
        new CacheTableScenario(),
        new CacheSpeedScenario(),
    ];
}
