using Swarm.Core;

namespace Swarm.Store;

/// <summary>A block on its way to the disk, and who is to be told.</summary>
internal readonly record struct WriteRequest(
    StoredContent Content, LiveContent Live, int Block, ReadOnlyMemory<byte> Bytes, Hash256 Leaf, Action<bool>? Done, BlockBuffer? Buffer)
{
    /// <summary>Gives the bytes back to their owner.</summary>
    public void Complete(bool written)
    {
        try
        {
            Done?.Invoke(written);
        }
        catch
        {
            // The owner's failure must not stop the writer that serves everybody.
        }

        Buffer?.Release();
    }
}
