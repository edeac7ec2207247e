using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>One block in memory. Reused; owned by its <see cref="BlockMemory"/> and guarded by that content's lock.</summary>
internal sealed class ContentSlot
{
    public BlockBuffer? Buffer;
    public int Bytes;
    public int Source;
    public Hash256 Leaf;

    /// <summary>False while a peer's block waits for its leaf hash.</summary>
    public bool Admitted;

    /// <summary>The store had no room for it yet: it counts in the <see cref="StoreBacklog"/> and is offered again.</summary>
    public bool Deferred;

    /// <summary>The store had no room for it, and too much waited for room already: it is offered again when its reader passes it.</summary>
    public bool Missed;

    /// <summary>The store took it on.</summary>
    public bool Enqueued;

    /// <summary>The store was asked whether it keeps it, or there is none.</summary>
    public bool Offered;

    /// <summary>
    /// The store will have it: it is about to be offered, waits for room, or the writer has it in hand, which holds a reference until
    /// the block is in the file or the disk failed. A reader that copies at this moment looks the same, which only keeps the block a
    /// little longer.
    /// </summary>
    public bool IsOnItsWayToTheStore => !Offered || Deferred || (Enqueued && Buffer is { References: > 1 });

    public void Reset()
    {
        Buffer = null;
        Bytes = 0;
        Source = 0;
        Leaf = default;
        Admitted = Offered = Enqueued = Deferred = Missed = false;
    }
}
