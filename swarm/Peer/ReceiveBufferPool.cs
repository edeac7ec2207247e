using System.Collections.Concurrent;

namespace Swarm.Peer;

/// <summary>Pinned receive buffers, reused by later connections so that the pinned heap does not grow with churn.</summary>
internal static class ReceiveBufferPool
{
    /// <summary>256 KiB: 4 to 5 receives a MiB on a saturated link; 64 KiB takes 16, 1 MiB saves nothing more.</summary>
    public const int BufferBytes = 256 * 1024;

    // 64 × 256 KiB = 16 MiB kept at most.
    private const int MaxKept = 64;

    private static readonly ConcurrentBag<byte[]> Kept = [];

    /// <summary>A buffer of at least <paramref name="minBytes"/>; its content is whatever was there.</summary>
    public static byte[] Rent(int minBytes) =>
        minBytes <= BufferBytes && Kept.TryTake(out var buffer)
            ? buffer
            : GC.AllocateUninitializedArray<byte>(Math.Max(minBytes, BufferBytes), pinned: true);

    public static void Return(byte[] buffer)
    {
        if (buffer.Length == BufferBytes && Kept.Count < MaxKept)
        {
            Kept.Add(buffer);
        }
    }
}
