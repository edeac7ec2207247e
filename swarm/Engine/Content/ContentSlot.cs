using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>One block in memory. Reused; owned by its <see cref="FileContent"/> and guarded by that content's lock.</summary>
internal sealed class ContentSlot
{
    public BlockBuffer? Buffer;
    public int Bytes;
    public int Source;
    public Hash256 Leaf;

    /// <summary>False while a peer's block waits for its leaf hash.</summary>
    public bool Admitted;

    /// <summary>The store took it on: it will be there, or the writer failed.</summary>
    public bool Enqueued;

    public void Reset()
    {
        Buffer = null;
        Bytes = 0;
        Source = 0;
        Leaf = default;
        Admitted = Enqueued = false;
    }
}
