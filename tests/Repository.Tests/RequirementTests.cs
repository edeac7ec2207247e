using System.Text.RegularExpressions;

namespace Swarm.Repository.Tests;

/// <summary>The table of what the RFCs demand (tests/Http.Tests/README.md) names tests and golden cases that exist.</summary>
public sealed partial class RequirementTests
{
    private const string Table = "tests/Http.Tests/README.md";

    /// <summary>The sections of the three RFCs in which a MUST or MUST NOT stands.</summary>
    private static readonly (string Rfc, string[] Sections)[] Demanding =
    [
        ("9110", ["13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.1.5", "13.2.1", "13.2.2", "14.1.1", "14.1.2", "14.2", "14.4", "14.5", "15", "15.2", "15.2.2", "15.3.6", "15.3.7", "15.3.7.1",
            "15.3.7.2", "15.3.7.3", "15.4.5", "15.5.2", "15.5.6", "15.5.8", "15.5.17", "15.5.20", "15.5.22"]),
        ("9111", ["3", "3.1", "3.2", "3.3", "3.4", "3.5", "4", "4.1", "4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.3.1", "4.3.2", "4.3.3", "4.3.4", "4.3.5", "4.4", "5.1", "5.2", "5.2.1", "5.2.2", "5.3"]),
        ("9112", ["2.2", "2.3", "3", "3.2", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "4", "5.1", "5.2", "6.1", "6.2", "6.3", "7.1", "7.1.1", "7.1.2", "7.4", "8", "9.3", "9.3.1", "9.3.2", "9.6", "9.8", "11.2"]),
    ];

    /// <summary>What is demanded there of others, or of what is never done here.</summary>
    private static readonly Dictionary<string, string> NotOurs = new()
    {
        ["9110 §14.5"] = "partial PUT is the origin server's to refuse; PUT is forwarded as it is",
        ["9110 §15"] = "an unknown status is understood by the client; here it goes on as it came",
        ["9110 §15.2.2"] = "101 is the server's that upgrades; it is relayed with the tunnel that follows",
        ["9110 §15.3.6"] = "205 is never generated here",
        ["9110 §15.5.2"] = "401 is the origin's; its challenges go on",
        ["9110 §15.5.22"] = "426 is never generated here",
        ["9112 §4"] = "the server library writes status lines",
    };

    [Fact]
    public void EverySectionWithADemand_HasItsRow_OrAReasonWhyNot()
    {
        var shown = Checkout.Read(Table).Split('\n').Where(l => Row().IsMatch(l)).Select(l => l.Split('|')[1].Trim()).ToHashSet();
        Assert.All(Demanding.SelectMany(d => d.Sections, static (d, section) => $"{d.Rfc} §{section}"), section =>
            Assert.True(shown.Contains(section) != NotOurs.ContainsKey(section), $"{section}: a row in {Table}, or a reason why none is ours"));
    }

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
