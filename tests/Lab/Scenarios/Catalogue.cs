using Swarm.Lab.Harness;

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
        new UploadScenario(),
        new SeedCpuScenario(),
        new PeersVanishScenario(),
        new StartAgainScenario(),
        new OriginDiesScenario(),
        new V1Scenario(),
        new V1CorrupterScenario(),
        new MagnetScenario(),
        new WebSeedScenario(),
        new InteropScenario(StockClient.All),
        new DhtScenario(),
        new GarbageScenario(),
        new SeedSiteScenario(),
        new HashCostScenario(),
        new SeedOriginScenario(),
        new ThirtyClientsScenario(),
        new FindPeersScenario(FindPeersScenario.Ways),
        new OwnTrackerScenario(),
        new PrivateScenario(),
        new FileReplacedScenario(sameETag: false),
        new FileReplacedScenario(sameETag: true),
        new MemoryScenario(),
        new DiskFullScenario(),
        new HostileOriginsScenario(),
        new CacheTableScenario(),
        new CacheSpeedScenario(),
        new PassThroughScenario(),
        new ToolsScenario(small: true),
        new ToolsScenario(small: false),
        new GatewayToolsScenario(),
        new TransparentScenario(),
        new DiagLabEndsScenario(),
        new DiagAnywhereScenario(),
        new DiagHealthyScenario(),
        new GrafanaScenario(),
        new DashboardScenario(small: true),
        new DashboardScenario(small: false),
        new ExtensionScenario(),
        new ExtensionPacScenario(),
        new FirefoxScenario(),
        new PageAttackScenario(),
        new FlashCrowdScenario(FlashCrowdScenario.Parts),
    ];
}
