namespace Swarm.Engine.Tests;

/// <summary>Waits for a condition that other threads bring about.</summary>
internal static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task True(Func<bool> condition, string what) => True(condition, () => what);

    public static async Task True(Func<bool> condition, Func<string> what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            await Task.Yield();
            Thread.Yield();
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, what());
        }
    }
}
