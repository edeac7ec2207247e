namespace Swarm.Proxy.Tests.Harness;

/// <summary>Waits for a condition that some other task brings about.</summary>
internal static class Eventually
{
    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            try
            {
                await tick.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Never happened: {what}");
            }
        }
    }
}
