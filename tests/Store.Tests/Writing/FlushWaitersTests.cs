namespace Swarm.Store.Tests;

public sealed class FlushWaitersTests
{
    [Fact]
    public async Task Begin_AnswersThoseWhoseBlocksAreProcessed_AndKeepsTheOthers()
    {
        var waiters = new FlushWaiters();
        var early = waiters.Add(3);
        var late = waiters.Add(5);
        var alsoEarly = waiters.Add(4);
        Assert.True(waiters.Begin(processed: 4));
        Assert.False(early.IsCompleted);
        waiters.Complete(durable: true);
        Assert.True(await early);
        Assert.True(await alsoEarly);
        Assert.False(late.IsCompleted);

        Assert.False(waiters.Begin(processed: 5));
        waiters.Complete(durable: false);
        Assert.False(await late);
    }

    [Fact]
    public async Task Add_AfterAFlushBegan_WaitsForTheNext()
    {
        var waiters = new FlushWaiters();
        Assert.False(waiters.Begin(processed: 9));
        var wait = waiters.Add(9);
        waiters.Complete(durable: true);
        Assert.False(wait.IsCompleted);
        waiters.GiveUp();
        Assert.False(await wait);
    }
}
