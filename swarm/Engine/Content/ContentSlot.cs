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

    /// <summary>The store took it on.</summary>
    public bool Enqueued;

    /// <summary>
    /// The store's writer still has it in hand: it holds a reference until the block is in the file or the disk failed.
    /// A reader that copies at this moment looks the same, which only keeps the block a little longer.
    /// </summary>
    public bool IsBeingWritten => Enqueued && Buffer is { References: > 1 };

    public void Reset()
    {
        Buffer = null;
        Bytes = 0;
        Source = 0;
        Leaf = default;
        Admitted = Enqueued = false;
    }
}
