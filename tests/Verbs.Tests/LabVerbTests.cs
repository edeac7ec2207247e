namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary><c>lab</c>: usage, and one short run of each kind where this user may make namespaces.</summary>
public sealed class LabVerbTests
{
    [Theory]
    [InlineData("There is no scenario 'idle'", "idle")]
    [InlineData("--ab colour is neither shrink nor rmem.", "idle-reader", "--ab", "colour")]
    [InlineData("--shrink 2 is neither 0 nor 1.", "idle-reader", "--shrink", "2")]
    [InlineData("--rmem 1K is not a size", "idle-reader", "--rmem", "1K")]
    [InlineData("--for soon is not a time", "idle-reader", "--for", "soon")]
    public async Task WhatIsNotUnderstood_Exits2_WithASentence(string sentence, params string[] arguments)
    {
        using var cli = new VerbHarness();
        Assert.Equal(2, await cli.RunAsync(["lab", .. arguments]));
        Assert.StartsWith(sentence, Assert.Single(cli.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScenarioInThePresentNamespace_SaysWhereToLook_AndChangesNothing()
    {
        var before = File.ReadAllText("/proc/sys/net/ipv4/tcp_rmem");
        using var cli = new VerbHarness();
        Assert.Equal(0, await cli.RunAsync("lab", "idle-reader", "--for", "2s"));
        Assert.StartsWith("READY idle-reader: ", cli.OutLines[0], StringComparison.Ordinal);
        Assert.Contains("No setting was changed.", cli.Out, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText("/proc/sys/net/ipv4/tcp_rmem"));
    }

    [Fact]
    public async Task Comparison_IsATableAndAPlot_OrSaysThatItMayNot()
    {
        using var cli = new VerbHarness();
        var exit = await cli.RunAsync("lab", "idle-reader", "--ab", "shrink", "--for", "2s", "--plot", "p.svg");
        if (exit == 3)
        {
            Assert.StartsWith("The lab cannot run: ", cli.ErrorLines[^1], StringComparison.Ordinal);
            return;
        }

        Assert.Equal(0, exit);
        Assert.Equal(2, cli.OutLines.Count(l => l.StartsWith("idle-reader ", StringComparison.Ordinal)));
        Assert.Contains("2 panels", cli.Out, StringComparison.Ordinal);
        var svg = System.Xml.Linq.XDocument.Load(Path.Combine(cli.Root, "p.svg"));
        Assert.Equal(6, svg.Descendants().Count(e => e.Name.LocalName == "polyline"));
    }

    [Fact]
    public async Task Matrix_Small_NamesTheSickAndNobodyElse_OrSaysThatItMayNot()
    {
        using var cli = new VerbHarness();
        var exit = await cli.RunAsync("lab", "matrix", "--healthy", "60", "--sick", "3", "--runs", "1", "--for", "10s");
        Assert.True(exit == 0 ? cli.Out.Contains("pass  run 1 of 1: 60 healthy, 0 false", StringComparison.Ordinal) : exit == 3 && cli.ErrorLines.Length > 0, cli.Out);
    }
}
