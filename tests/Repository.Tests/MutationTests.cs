using Swarm.Mutations;

namespace Swarm.Repository.Tests;

/// <summary>The mutations of tests/Mutations still fit the source, and the table of what they showed names each of them. To run them takes longer, by their own command.</summary>
public sealed class MutationTests
{
    private const string Table = "tests/Http.Tests/README.md";

    private static readonly IReadOnlyList<Mutation> All = Mutation.ReadAll(Path.Combine(Checkout.Root, "tests/Mutations/rules"));

    [Fact]
    public void EveryMutation_FitsItsFileOnce_AndChangesIt() => Assert.All(All, m =>
    {
        var source = Checkout.Read(m.File);
        Assert.True(m.Apply(source) is { } mutant && mutant != source, $"{m.Rule}: its text does not stand in {m.File}, or not once");
    });

    [Fact]
    public void EveryMutation_HasItsRow_AndEveryRowItsMutation()
    {
        var rows = Checkout.Read(Table).Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Split('|')).Where(c => c.Length == 5).ToList();
        var shown = rows.Select(c => (Rule: c[2].Trim(), Section: c[1].Trim())).ToHashSet();
        Assert.All(All, m => Assert.True(shown.Contains((m.Rule, $"RFC {m.Section}")), $"no row in {Table}: RFC {m.Section} | {m.Rule}"));
        Assert.Equal(All.Count, shown.Count(s => s.Section.StartsWith("RFC ", StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryClassThatAMutationNames_Exists()
    {
        var files = Checkout.Under("tests/Proxy.Tests/", ".cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        Assert.All(All.SelectMany(m => m.Classes), c => Assert.Contains(c, files));
    }

    [Theory]
    [InlineData("a = 1;", "b = 2;", "x();\n  a = 1; a = 2;\n", "x();\n  b = 2; a = 2;\n")]
    [InlineData("a = 1;\nb = 2;", "c = 3;", "  a = 1;\n    b = 2;\nend", "c = 3;\nend")]
    [InlineData("a = 1;", "b = 2;", "a = 1;\na = 1;", null)]
    [InlineData("a = 1;", "b = 2;", "a = 1; a = 1;", null)]
    [InlineData("a = 1;", "b = 2;", "a = 2;", null)]
    public void Apply_ChangesTheOnePlace_OrNothing(string before, string after, string source, string? expected) =>
        Assert.Equal(expected, new Mutation("", "", "", before, after, []).Apply(source));
}
