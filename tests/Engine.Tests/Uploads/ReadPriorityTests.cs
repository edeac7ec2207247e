using Swarm.Testing;

namespace Swarm.Engine.Tests;

public sealed class ReadPriorityTests
{
    [Fact]
    public async Task NobodyReads_UploadGoesAtOnce()
    {
        var turn = new ReadPriority(new FakeTime()).GiveWayAsync(TestContext.Current.CancellationToken);
        Assert.True(turn.IsCompleted);
        await turn;
    }

    [Fact]
    public async Task UploadWaitsForTheLastReader()
    {
        var priority = new ReadPriority(new FakeTime());
        priority.Enter();
        priority.Enter();
        var turn = priority.GiveWayAsync(TestContext.Current.CancellationToken).AsTask();
        priority.Exit();
        Assert.False(turn.IsCompleted);
        priority.Exit();

        await turn.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ReadersThatNeverStop_HoldAnUploadBack20MsAtMost()
    {
        var time = new FakeTime();
        var priority = new ReadPriority(time);
        priority.Enter();
        var turn = priority.GiveWayAsync(TestContext.Current.CancellationToken).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(19));
        Assert.False(turn.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        await turn.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task WhoWaitedTooLong_WaitsAgainNextTime()
    {
        var time = new FakeTime();
        var priority = new ReadPriority(time);
        priority.Enter();
        for (var i = 0; i < 3; i++)
        {
            var turn = priority.GiveWayAsync(TestContext.Current.CancellationToken).AsTask();
            Assert.False(turn.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(20));
            await turn.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }

        priority.Exit();
        Assert.Equal(0, priority.Reading);
    }
}
