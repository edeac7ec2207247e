using Swarm.Engine.Receipts;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests.Get;

/// <summary>Progress as a person reads it.</summary>
public sealed class ProgressTextTests
{
    private static readonly ProgressFacts Facts = new("film.mp4", 400_000_000, 640_000_000, 15_000_000, 4, new BytesBySource(Origin: 88_000_000, Peer: 312_000_000), 312_000_000, null);

    [Fact]
    public void Line_SaysAmountRateTimeSourcesAndVerifiedShare() => Assert.Equal(
        "film.mp4 381 MiB of 610 MiB (62 %), 14.3 MiB/s, 16 s left · 4 peers 78 % · origin 22 % · verified 78 %",
        ProgressText.Line(Facts));

    [Fact]
    public void Line_WithoutLengthOrSources_SaysWhatIsKnown() => Assert.Equal(
        "film.mp4 381 MiB, 0 B/s · 0 peers",
        ProgressText.Line(Facts with { TotalBytes = null, BytesPerSecond = 0, Peers = 0, BySource = new() }));

    [Fact]
    public void Line_ThatWaits_SaysWhy() => Assert.EndsWith(
        " · waiting: no source delivered the next bytes for 30 s",
        ProgressText.Line(Facts with { Waiting = "no source delivered the next bytes for 30 s" }), StringComparison.Ordinal);

    [Fact]
    public void Bar_FitsTheTerminal_WhateverTheNameIs()
    {
        for (var columns = 21; columns < 160; columns++)
        {
            Assert.True(ProgressText.Bar(Facts with { Name = new string('x', 300) }, columns, colour: false).Length < columns);
        }

        Assert.StartsWith("film.mp4 [############--------] 381 MiB of 610 MiB (62 %)", ProgressText.Bar(Facts, 200, colour: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Colour_IsAddedToTheBarAlone_AndSaysNothingByItself()
    {
        var coloured = ProgressText.Bar(Facts, 100, colour: true);
        Assert.Contains("\x1b[32m############\x1b[0m--------]", coloured, StringComparison.Ordinal);
        Assert.Equal(ProgressText.Bar(Facts, 100, colour: false), coloured.Replace("\x1b[32m", "", StringComparison.Ordinal).Replace("\x1b[0m", "", StringComparison.Ordinal));
    }

    [Fact]
    public void HostileName_CannotMoveTheTerminal() =>
        Assert.DoesNotContain('\x1b', ProgressText.Bar(Facts with { Name = "a\x1b[2J" }, 100, colour: false));

    [Theory]
    [InlineData(0, null, "film.mp4: looking for peers (DHT: 0 nodes)")]
    [InlineData(1, null, "film.mp4: looking for peers (DHT: 1 node)")]
    [InlineData(142, "old", "film.mp4: looking for peers (DHT: 142 nodes)")]
    [InlineData(0, "no name server", "film.mp4: looking for peers (DHT: no name server)")]
    public void Seeking_SaysHowManyNodesAreAsked(int nodes, string? trouble, string expected) =>
        Assert.Equal(expected, ProgressText.Seeking("film.mp4", new(true, 6881, nodes, nodes, true, [], 0, 0, 0, 0, 0, 0, 0, 0, 0, trouble)));

    [Fact]
    public void Seeking_WithoutADht_SaysSo() => Assert.Equal("film.mp4: looking for peers (the DHT is switched off)", ProgressText.Seeking("film.mp4", null));
}
