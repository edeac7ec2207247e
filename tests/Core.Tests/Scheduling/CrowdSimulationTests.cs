using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>
/// The gate of the flash crowd, in virtual time and with fixed seeds: our scheduler in every viewer. A failure is shown again by
/// <c>dotnet run -c Release --project tests/Simulation -- crowd NAME 1</c>.
/// </summary>
public sealed class CrowdSimulationTests
{
    private const double MaxStall = 0.02;
    private const double MaxOriginMultiple = 1.6;

    [Fact]
    public void SixViewers_OneThinOrigin_PlayWithoutStallFromOneAndAHalfCopies()
    {
        var m = Play("six viewers");
        Assert.InRange(m.StallRatios.Max(), 0, MaxStall);
        Assert.InRange(m.StartupSeconds.Last(), 1.5, 3.2);
        Assert.InRange(m.OriginMultiple, 1, MaxOriginMultiple);
        Assert.InRange(m.DuplicateShare, 0, 0.03);
    }

    [Fact]
    public void SixViewers_ToldNothingOfEachOthersOrigin_StallMostOfTheTime()
    {
        var m = new CrowdWorld(Find("six viewers"), 1, crowd: false).Run();
        Assert.InRange(m.StallRatios.Min(), 0.5, 1);
        Assert.InRange(m.OriginMultiple, 5, 6.5);
    }

    [Theory]
    [InlineData("one vanishes at 3 s")]
    [InlineData("one never serves")]
    [InlineData("one slow uplink")]
    [InlineData("two")]
    public void Viewers_OneOfThemOddOrFew_StillPlay(string name)
    {
        var m = Play(name);
        Assert.InRange(m.StallRatios.Max(), 0, 0.05);
        Assert.InRange(m.OriginMultiple, 1, 1.8);
    }

    [Fact]
    public void SixViewers_PiecesOfAMebibyte_AreServedBeforeTheyAreWhole()
    {
        var m = Play("pieces of 1 MiB");
        Assert.InRange(m.StallRatios.Max(), 0, MaxStall);
    }

    [Fact]
    public void SixViewers_PiecesThatVerifyWhole_HardlyStall()
    {
        var m = Play("v1, 256 KiB");
        Assert.InRange(m.StallRatios.Max(), 0, 0.1);
        Assert.InRange(m.OriginMultiple, 1, 2);
    }

    [Fact]
    public void OneViewer_Alone_HasOneOpenEndedRequest()
    {
        var m = Play("alone");
        Assert.Equal(1, m.OriginRequests);
        Assert.Equal(0, m.Messages);
    }

    private static CrowdScenario Find(string name) => CrowdScenario.All.First(s => s.Name == name);

    private static CrowdMetrics Play(string name)
    {
        var m = new CrowdWorld(Find(name), 1).Run();
        Assert.Equal(0, m.UnverifiedServed);
        Assert.True(m.Replays);
        return m;
    }
}
