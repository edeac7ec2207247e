using System.Text.RegularExpressions;

namespace Swarm.Repository.Tests;

/// <summary>README says what is there: every BEP file has a row, every row a test that exists.</summary>
public sealed partial class ReadmeTests
{
    private static readonly HashSet<string> TestNames =
    [
        .. Checkout.Under("tests/", ".cs").SelectMany(f => Classes().Matches(Checkout.Read(f)).Select(m => m.Groups[1].Value)),
    ];

    [Fact]
    public void EveryBepFile_HasARow()
    {
        var files = Checkout.Under("swarm/", ".cs").Select(f => BepFile().Match(f)).Where(m => m.Success)
            .Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).Distinct().Order().ToList();
        var rows = ReadmeTables.Rows("([0-9]+)").Select(r => int.Parse(r.Key, System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
        Assert.NotEmpty(files);
        Assert.All(files, bep => Assert.True(rows.Contains(bep), $"BEP {bep} has a file and no row in README"));
    }

    [Theory]
    [InlineData("([0-9]+)")]
    [InlineData("RFC ([0-9]+).*")]
    public void EveryRow_NamesTestsThatExist(string firstCell)
    {
        var rows = ReadmeTables.Rows(firstCell);
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            Assert.NotEmpty(row.Tests);
            Assert.All(row.Tests, t => Assert.True(TestNames.Contains(t), $"{row.Key}: no class {t} under tests/"));
        });
    }

    [Fact]
    public void EveryPathThatAReadmeLinksTo_Exists()
    {
        var links = Checkout.Under("", "README.md")
            .SelectMany(static readme => Links().Matches(Checkout.Read(readme)).Select(m => (Readme: readme, Link: m.Groups[1].Value.TrimEnd('/')))).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, l => Assert.True(Path.Exists(Path.Combine(Checkout.Root, Path.GetDirectoryName(l.Readme)!, l.Link)), $"{l.Readme} links to {l.Link}"));
    }

    /// <summary>Who copies one trusts that it works as it stands.</summary>
    [Fact]
    public void EveryExampleOfSettings_HasARowAndIsTriedByTheLab()
    {
        const string folder = "proxy/Host/Gateway/Examples/";
        var examples = Checkout.Under(folder, "").Select(static f => f[folder.Length..]).Where(static f => f != "README.md").ToList();
        Assert.NotEmpty(examples);
        var (rows, scenario) = (Checkout.Read(folder + "README.md"), Checkout.Read("tests/Lab/Scenarios/GatewayToolsScenario.cs"));
        Assert.All(examples, e => Assert.True(rows.Contains($"]({e}) |", StringComparison.Ordinal), $"{e} has no row in {folder}README.md"));
        Assert.All(examples, e => Assert.True(scenario.Contains($"\"{e}\"", StringComparison.Ordinal), $"gateway-tools does not try {e}"));
    }

    [GeneratedRegex(@"class (\w+)")]
    private static partial Regex Classes();

    [GeneratedRegex(@"/Bep([0-9]+)\w*\.cs$")]
    private static partial Regex BepFile();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#]+)")]
    private static partial Regex Links();
}
