using FsCheck;
using FsCheck.Fluent;
using Swarm.Discovery;

namespace Swarm.Peer.Tests;

/// <summary>When to announce next, and whom to ask first.</summary>
public sealed class ScheduleTests
{
    [Theory]
    [InlineData(1800, 0, 0, 1800)]
    [InlineData(1800, 0, 1, 1980)] // up to a tenth later
    [InlineData(1800, 3600, 0, 3600)] // never below the minimum
    [InlineData(1, 0, 0, 60)] // nor below our own floor
    [InlineData(0, 0, 0, 1800)] // nothing useful said
    public void AfterSuccess_IsTheTrackersPace(int interval, int min, double draw, double seconds) =>
        Assert.Equal(seconds, AnnounceSchedule.AfterSuccess(interval, min, draw).TotalSeconds, 3);

    [Theory]
    [InlineData(1, 0, 0, 7.5)]
    [InlineData(1, 0, 1, 15)]
    [InlineData(2, 0, 1, 30)]
    [InlineData(5, 0, 1, 240)]
    [InlineData(1000, 0, 1, 3600)]
    [InlineData(1, 600, 0, 600)] // the tracker asked for it
    [InlineData(1, 999999, 0, 3600)] // but not for ever
    public void AfterFailure_DoublesToAnHour(int failures, int retry, double draw, double seconds) =>
        Assert.Equal(seconds, AnnounceSchedule.AfterFailure(failures, retry, draw).TotalSeconds, 3);

    [Fact]
    public void Waits_ArePositiveAndBounded_ForAnyAnswer() => Prop.ForAll<int, int, byte>((a, b, d) =>
    {
        var draw = d / 255.0;
        return AnnounceSchedule.AfterSuccess(Math.Clamp(a, 0, 86400), Math.Clamp(b, 0, 86400), draw).TotalSeconds is >= 60 and <= 86400 * 1.1
            && AnnounceSchedule.AfterFailure(Math.Max(1, a), Math.Max(0, b), draw).TotalSeconds is >= 7.5 and <= 3600;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Tiers_KeepTheirOrder_AndTheOneThatAnsweredLeadsItsTier()
    {
        var tiers = new TrackerTiers(
            [["http://a/", "http://b/", "http://c/"], ["ws://ignored:1/"], ["udp://d:1/", "http://a/", "not a url"]], new Random(1));
        Assert.Equal(["http://a/", "http://b/", "http://c/"], tiers.InOrder.Take(3).Select(u => u.AbsoluteUri).Order());
        Assert.Equal("udp://d:1/", tiers.InOrder[3].AbsoluteUri);
        Assert.Equal(4, tiers.InOrder.Count);

        var third = tiers.InOrder[2];
        tiers.Answered(third);

        Assert.Equal(third, tiers.InOrder[0]);
    }

    [Fact]
    public void Tiers_AreShuffledInside() => Assert.NotEqual(
        new TrackerTiers([Enumerable.Range(0, 20).Select(i => $"http://t{i}/")], new Random(1)).InOrder,
        new TrackerTiers([Enumerable.Range(0, 20).Select(i => $"http://t{i}/")], new Random(2)).InOrder);
}
