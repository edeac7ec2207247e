using Swarm.Core;

namespace Swarm.Engine;

// Who is proven to have lied. Of a liar nothing is believed any more: a piece with one of its blocks in it would fail again.
public sealed partial class FileContent
{
    private readonly HashSet<int> _liars = [];

    // --- Inside the lock

    private bool IsLiar(int source) => _liars.Contains(source);

    /// <summary>Names the source that brought a wrong block, and drops what else of it still waits for a verdict.</summary>
    /// <returns>Bytes dropped beside the block itself.</returns>
    private int Blame(int source, int block)
    {
        _liars.Add(source);
        _attachment?.Loop.Accuse(source, _attachment.FirstBlock + block);
        Post(EventKind.Corrupt, source, block);
        var rejected = 0;
        foreach (var held in _memory.HeldBlocks())
        {
            if (_memory.TryGet(held, out var slot) && slot.Source == source)
            {
                rejected += slot.Bytes;
                _memory.Drop(held);
                Post(EventKind.Corrupt, -1, held);
            }
        }

        return rejected;
    }
}
