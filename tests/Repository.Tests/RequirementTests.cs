using System.Text.RegularExpressions;

namespace Swarm.Repository.Tests;

/// <summary>The table of what the RFCs demand (tests/Http.Tests/README.md) names tests and golden cases that exist.</summary>
public sealed partial class RequirementTests
{
    private const string Table = "tests/Http.Tests/README.md";

    [Fact]
    public void EveryDemand_IsShownByWhatExists()
    {
        var methods = Checkout.Under("tests/", ".cs")
            .SelectMany(f => Classes().Matches(Checkout.Read(f)).Select(c => c.Groups[1].Value).Distinct().SelectMany(c => Methods().Matches(Checkout.Read(f)).Select(m => $"{c}.{m.Groups[1].Value}").Append(c)))
            .ToHashSet();
        var cases = Checkout.Under("tests/golden/", ".txt")
            .SelectMany(f => Checkout.Read(f).Split('\n').Select(line => $"{Path.GetFileNameWithoutExtension(f)}: {CaseOf(line)}"))
            .ToHashSet();
        var rows = Checkout.Read(Table).Split('\n').Where(l => Row().IsMatch(l)).ToList();
        Assert.True(rows.Count > 60);
        Assert.All(rows, row =>
        {
            var shown = Code().Matches(row.Split('|')[3]).Select(m => m.Groups[1].Value).ToList();
            Assert.NotEmpty(shown);
            Assert.All(shown, name => Assert.True(methods.Contains(name) || cases.Contains(name), $"{row.Split('|')[1].Trim()}: nothing is called {name}"));
        });
    }

    /// <summary>Of the three forms of golden files: <c>## section | name</c>, <c>== name</c>, <c>name | input | expected</c>.</summary>
    private static string CaseOf(string line) =>
        line.StartsWith("## ", StringComparison.Ordinal) ? line[(line.IndexOf('|', StringComparison.Ordinal) + 1)..].Trim()
        : line.StartsWith("== ", StringComparison.Ordinal) ? line[3..].Trim()
        : line.Split('|')[0].Trim();

    [GeneratedRegex("^\\| 911[0-2] §")]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"class (\w+)")]
    private static partial Regex Classes();

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex Methods();
}
