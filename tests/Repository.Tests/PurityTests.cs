namespace Swarm.Repository.Tests;

/// <summary>The pure projects decide and do no IO: what their IL refers to shows it, whatever an analyzer was told to ignore.</summary>
public sealed class PurityTests
{
    [Theory]
    [InlineData("Swarm.Core")]
    [InlineData("Swarm.Protocol")]
    [InlineData("Swarm.Http")]
    [InlineData("Swarm.Diagnostics.Analysis")]
    public void PureAssembly_RefersToNothingImpure(string assembly) =>
        Assert.Empty(PurityScanner.Impurities(FileOf(assembly)));

    [Fact]
    public void Scanner_SeesEveryKindOfImpurity()
    {
        var found = PurityScanner.Impurities(typeof(ImpureSample).Assembly.Location);
        Assert.All(ImpureSample.Impurities, i => Assert.Contains(i, found));
    }

    [Fact]
    public void Scanner_SeesThatTheStoreTouchesFiles() =>
        Assert.Contains("System.IO.RandomAccess", PurityScanner.Impurities(FileOf("Swarm.Store")));

    [Fact]
    public void PureProjects_DeclareThemselvesPure()
    {
        var pure = Checkout.Files
            .Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && Checkout.Read(f).Contains("<SwarmPure>true</SwarmPure>", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
        Assert.Equal(["Swarm.Core", "Swarm.Diagnostics.Analysis", "Swarm.Http", "Swarm.Protocol"], pure);
    }

    [Fact]
    public void Core_RefersToTheFrameworkAlone() =>
        Assert.All(PurityScanner.References(FileOf("Swarm.Core")), r => Assert.StartsWith("System.", r, StringComparison.Ordinal));

    private static string FileOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
}
