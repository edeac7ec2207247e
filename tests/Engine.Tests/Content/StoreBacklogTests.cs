using Swarm.Testing;

namespace Swarm.Engine.Tests;

public sealed class StoreBacklogTests
{
    private const int Block = TestTorrent.Block;

    private readonly FakeTime _time = new();

    [Fact]
    public void HalfOfTheLimit_HoldsBack_AndTheWholeTakesNoMore()
    {
        var backlog = new StoreBacklog(4 * Block, _time);
        Assert.True(backlog.TryAdd());
        Assert.True(backlog.TryAdd());
        Assert.False(backlog.HoldsBack);
        Assert.True(backlog.TryAdd());
        Assert.True(backlog.HoldsBack);
        Assert.True(backlog.TryAdd());
        Assert.False(backlog.TryAdd());
        Assert.Equal(4 * Block, backlog.Bytes);
    }

    [Fact]
    public void DiskThatTakesNothingForTwoSeconds_HoldsNobodyBack_UntilItMoves()
    {
        var backlog = new StoreBacklog(2 * Block, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(backlog.TryAdd());
        Assert.True(backlog.TryAdd());
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.True(backlog.HoldsBack);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.False(backlog.HoldsBack);
        backlog.NoteMoved();
        Assert.True(backlog.HoldsBack);
    }
}
