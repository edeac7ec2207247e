using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class GovernorTests
{
    private const long Memory = 128 << 20;

    [Fact]
    public void OneLoop_GetsHalfTheMemory_AndAsManyRunsAsReaders()
    {
        var grants = new Governor(Memory, 4).ReadersChanged(1, 3);

        Assert.Equal([(1, GrantKind.MemoryWindowBytes, Memory / 2), (1, GrantKind.OriginRuns, 3L)], grants);
    }

    [Fact]
    public void SecondLoop_HalvesTheWindowOfTheFirst()
    {
        var governor = new Governor(Memory, 4);
        governor.ReadersChanged(1, 1);
        var grants = governor.ReadersChanged(2, 1);

        Assert.Equal([1, 2], grants.Where(g => g.Kind == GrantKind.MemoryWindowBytes && g.Amount == Memory / 4).Select(g => g.Loop));
    }

    [Fact]
    public void ManyLoops_NeverGetLessThanAnUrgentWindow()
    {
        var governor = new Governor(Memory, 4);
        IReadOnlyList<(int, GrantKind, long Amount)> grants = [];
        for (var loop = 1; loop <= 100; loop++)
        {
            grants = governor.ReadersChanged(loop, 1);
        }

        Assert.Equal(4 << 20, grants[0].Amount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void LoopWithoutReaders_IsOut_AlsoWhenItsClosingOvertookItsOpening(int readers)
    {
        var governor = new Governor(Memory, 4);
        governor.ReadersChanged(1, 1);
        governor.ReadersChanged(2, 1);
        var grants = governor.ReadersChanged(2, readers);

        Assert.Equal([(1, GrantKind.MemoryWindowBytes, Memory / 2), (1, GrantKind.OriginRuns, 1L)], grants);
    }

    [Fact]
    public void AnswerNotLookedAt_StillCounts()
    {
        var governor = new Governor(Memory, 4);
        _ = governor.ReadersChanged(1, 1);

        Assert.Equal(4, governor.ReadersChanged(2, 1).Count);
    }

    [Fact]
    public void Dials_AreBounded_AndComeBackWhenTheyEnd()
    {
        var governor = new Governor(Memory, 2);

        Assert.True(governor.TryStartDial());
        Assert.True(governor.TryStartDial());
        Assert.False(governor.TryStartDial());
        governor.DialEnded();
        Assert.True(governor.TryStartDial());
        Assert.Equal(2, governor.Dials);
    }
}
