using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Blocks that the store would keep and has no room for yet, all contents together: they stay in memory until the disk has taken
/// them, and whoever downloads faster than the disk writes is held back meanwhile. Any thread, no lock.
/// </summary>
/// <param name="limitBytes">Beyond it blocks are not kept, however much the store would like to.</param>
internal sealed class StoreBacklog(long limitBytes, TimeProvider time)
{
    /// <summary>A disk that took nothing for so long holds nobody back: it hangs, and what it does not take is not kept.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(2);

    private long _bytes;
    private long _movedAt;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What anybody may take at once before being held back: a player waits for its first bytes. Little enough that many downloads may begin together.</summary>
    public long FirstBytes => limitBytes / 16;

    /// <summary>True while half of the limit waits and the disk still moves.</summary>
    public bool HoldsBack => Bytes > limitBytes / 2 && time.GetElapsedTime(Volatile.Read(ref _movedAt)) < StuckAfter;

    /// <summary>One block more waits; false if too much does already.</summary>
    public bool TryAdd()
    {
        if (Interlocked.Add(ref _bytes, PieceLayout.BlockSize) is var after && after > limitBytes)
        {
            Interlocked.Add(ref _bytes, -PieceLayout.BlockSize);
            return false;
        }

        if (after == PieceLayout.BlockSize)
        {
            NoteMoved();
        }

        return true;
    }

    /// <summary>A block waits no longer.</summary>
    public void Remove() => Interlocked.Add(ref _bytes, -PieceLayout.BlockSize);

    /// <summary>The store took a block that had waited.</summary>
    public void NoteMoved() => Volatile.Write(ref _movedAt, time.GetTimestamp());
}
