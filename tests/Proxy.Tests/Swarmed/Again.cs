using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>A response during which a tree is falsified may end in a reset, never in wrong bytes: a client asks again, a few times at most.</summary>
internal static class Again
{
    public static async Task<RawAnswer> WhenResetAsync(Func<Task<RawAnswer>> get)
    {
        for (var left = 2; ; left--)
        {
            try
            {
                return await get();
            }
            catch (IOException) when (left > 0)
            {
                // Reset: the next request must be answered right.
            }
        }
    }
}
