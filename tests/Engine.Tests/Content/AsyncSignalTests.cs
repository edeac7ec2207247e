namespace Swarm.Engine.Tests;

public sealed class AsyncSignalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Set_BeforeTheWait_LetsItPassAtOnce()
    {
        var signal = new AsyncSignal();
        signal.Set();

        Assert.True(signal.WaitAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Set_Twice_IsSetOnce()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();
        await signal.WaitAsync(default);
        var second = signal.WaitAsync(default).AsTask();

        Assert.False(second.IsCompleted);
        signal.Set();
        await second.WaitAsync(Patience);
    }

    [Fact]
    public async Task Wait_Cancelled_Throws_AndTheNextSetReachesTheNextWait()
    {
        var signal = new AsyncSignal();
        using var cancel = new CancellationTokenSource();
        var wait = signal.WaitAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        var next = signal.WaitAsync(default).AsTask();
        signal.Set();
        await next.WaitAsync(Patience);
    }

    [Fact]
    public void Wait_TokenAlreadyCancelled_Throws()
    {
        var signal = new AsyncSignal();

        Assert.Throws<OperationCanceledException>(() => { _ = signal.WaitAsync(new CancellationToken(true)).IsCompleted; });
    }

    [Fact]
    public async Task Sets_FromAnotherThread_AreNeverLost()
    {
        const int rounds = 20_000;
        var signal = new AsyncSignal();
        var reached = 0;
        var setter = Task.Run(() =>
        {
            for (var i = 1; i <= rounds; i++)
            {
                Volatile.Write(ref reached, i);
                signal.Set();
            }
        });
        async Task WaitForLast()
        {
            while (Volatile.Read(ref reached) < rounds)
            {
                await signal.WaitAsync(default);
            }
        }

        await WaitForLast().WaitAsync(Patience);
        await setter;
    }

    [Fact]
    public async Task SetAndCancelAtOnce_EndTheWaitExactlyOnce_AndLeaveTheSignalUsable()
    {
        var signal = new AsyncSignal();
        for (var i = 0; i < 2_000; i++)
        {
            using var cancel = new CancellationTokenSource();
            var wait = signal.WaitAsync(cancel.Token).AsTask();
            var set = Task.Run(signal.Set);
            await cancel.CancelAsync();
            await Task.WhenAny(wait).WaitAsync(Patience);
            await set;
            if (wait.IsCanceled)
            {
                // The cancellation won: the set is still there for the next wait.
                await signal.WaitAsync(default).AsTask().WaitAsync(Patience);
            }
        }
    }
}
