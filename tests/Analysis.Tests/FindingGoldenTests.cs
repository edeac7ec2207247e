namespace Swarm.Diagnostics.Analysis.Tests;

/// <summary>Samples above <c>----</c>, the report below: every verdict, and the healthy connections that look like one.</summary>
public sealed class FindingGoldenTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.golden").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Samples_GiveThisReport(string file)
    {
        var (samples, expected) = Split(file);
        var report = string.Join("\n", FindingText.Lines(SampleScript.Run(samples.Split('\n')).Findings()));
        if (Environment.GetEnvironmentVariable("SWARM_GOLDEN_OUT") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, file), $"{samples}\n----\n{report}\n");
        }

        Assert.Equal(expected, report);
    }

    [Fact]
    public void EveryVerdict_HasAGoldenCase_AndEveryHealthyCaseIsSilent()
    {
        var reports = Directory.GetFiles(Folder, "*.golden").Select(f => Split(Path.GetFileName(f))).ToList();
        Assert.All(
            Enum.GetValues<Verdict>(),
            v => Assert.Contains(reports, r => r.Expected.Split('\n')[0].Contains(VerdictText.Of(v), StringComparison.Ordinal)));
        var healthy = Directory.GetFiles(Folder, "healthy-*.golden");
        Assert.True(healthy.Length >= 8);
        Assert.All(healthy, f => Assert.Equal("", Split(Path.GetFileName(f)).Expected));
    }

    private static (string Samples, string Expected) Split(string file)
    {
        var halves = File.ReadAllText(Path.Combine(Folder, file)).Split("\n----\n");
        Assert.Equal(2, halves.Length);
        return (halves[0], halves[1].TrimEnd('\n'));
    }
}
