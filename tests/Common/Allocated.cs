namespace Swarm.Testing;

/// <summary>What work allocates once it is warm.</summary>
internal static class Allocated
{
    /// <summary>
    /// Least bytes this thread allocated in one of three runs of <paramref name="work"/>, after one that is not counted. The runtime has its own
    /// moments (a method compiled anew, a type loaded) and they only add; what the work itself allocates, it allocates every time.
    /// </summary>
    public static long Bytes(Action work)
    {
        work();
        var least = long.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
