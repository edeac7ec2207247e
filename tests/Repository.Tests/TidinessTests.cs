using System.Text.RegularExpressions;

namespace Swarm.Repository.Tests;

/// <summary>What no file here may hold, and what every project must.</summary>
public sealed partial class TidinessTests
{
    private const long MaxFileBytes = 1 << 20;

    private static readonly string[] TextSuffixes =
    [
        ".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".md", ".txt", ".py", ".sh", ".html", ".ts", ".js", ".css", ".yml", ".c",
        ".config", "/run", ".editorconfig", ".gitignore", ".gitattributes",
    ];

    private static IEnumerable<string> TextFiles => Checkout.Files.Where(f => TextSuffixes.Any(s => f.EndsWith(s, StringComparison.Ordinal)));

    [Fact]
    public void NoFile_IsLarge() =>
        Assert.All(Checkout.Files, f => Assert.True(new FileInfo(Path.Combine(Checkout.Root, f)).Length <= MaxFileBytes, $"{f} is larger than 1 MiB"));

    [Fact]
    public void NoFile_NamesThePlaceItWasMadeIn() =>
        AssertNowhere(MachinePath(), "a path of one machine");

    [Fact]
    public void LockFiles_NameNoHost() =>
        Assert.All(
            Checkout.Files.Where(f => Path.GetFileName(f) is "packages.lock.json" or "package-lock.json"),
            f => Assert.False(Checkout.Read(f).Contains("://", StringComparison.Ordinal), $"{f} names a host"));

    [Fact]
    public void NoFile_ConfiguresARegistry() =>
        Assert.DoesNotContain(Checkout.Files, f => Path.GetFileName(f).ToLowerInvariant() is "nuget.config" or ".npmrc" or "pip.conf");

    [Fact]
    public void NoSource_PostponesWork() =>
        AssertNowhere(Postponed(), "postponed work");

    [Fact]
    public void NoTest_IsSkipped() =>
        AssertNowhere(Skipped(), "a skipped test", f => f.StartsWith("tests/", StringComparison.Ordinal));

    [Fact]
    public void EveryProject_SaysWhatLivesThere()
    {
        var projects = Checkout.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !f.EndsWith(".Tests.csproj", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.True(Checkout.Files.Contains($"{Path.GetDirectoryName(p)}/README.md"), $"{p} has no README.md beside it"));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("SECURITY.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData("LICENSE")]
    [InlineData("tests/run")]
    [InlineData(".ci/run")]
    public void TheHouse_Has(string file) => Assert.Contains(file, Checkout.Files);

    [Fact]
    public void Patterns_FindWhatTheyLookFor()
    {
        // In pieces, so that this file passes its own test.
        Assert.Matches(MachinePath(), "see /wo" + "rk/x");
        Assert.Matches(MachinePath(), "/ro" + "ot/.nuget");
        Assert.Matches(MachinePath(), "\"/tm" + "p/lab\"");
        Assert.Matches(Postponed(), "// TO" + "DO later");
        Assert.Matches(Postponed(), "throw new NotImplemented" + "Exception()");
        Assert.Matches(Skipped(), "[Fact(Sk" + "ip = \"x\")]");
    }

    private static void AssertNowhere(Regex pattern, string what, Func<string, bool>? where = null)
    {
        var files = TextFiles.Where(where ?? (_ => true)).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, f =>
        {
            var match = pattern.Match(Checkout.Read(f));
            Assert.False(match.Success, $"{f} has {what}: {match.Value}");
        });
    }

    [GeneratedRegex(@"(?<![\w./])/(wo[r]k|ro[o]t|tm[p])/")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\bTO[D]O\b|\bFIX[M]E\b|NotImplemented[E]xception")]
    private static partial Regex Postponed();

    [GeneratedRegex(@"\[(Fact|Theory)\([^\]]*Sk[i]p\b|Assert\.Sk[i]p")]
    private static partial Regex Skipped();
}
