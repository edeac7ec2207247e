using Swarm.Core;

namespace Swarm.Engine;

// How a content joins a loop, and moves from its own lone loop to its torrent's when a tree arrives under way.
public sealed partial class FileContent
{
    internal Attachment? Attachment
    {
        get
        {
            lock (_gate)
            {
                return _attachment;
            }
        }
    }

    /// <summary>
    /// Leaves the loop it was in, if any, and tells the new one everything it must know: blocks, hashes, readers, sources. Inside the
    /// engine's lock: readers are opened under it too, so none is missed.
    /// </summary>
    internal void AttachTo(Attachment next)
    {
        lock (_gate)
        {
            _attachment = next;
            foreach (var run in _tree?.KnownRuns() ?? [])
            {
                Post(EventKind.HashesKnown, -1, run.First, run.Count);
            }

            foreach (var run in _fromOrigin.Runs().Concat(_fromTree.Runs()))
            {
                Post(EventKind.Admitted, -1, run.First, run.Count);
            }
        }

        foreach (var reader in Readers)
        {
            reader.MoveTo(next);
        }

        TouchAll();
    }

    /// <summary>The loop ends: events go nowhere until the content is attached again.</summary>
    internal void LeaveLoop(SwarmLoop loop)
    {
        lock (_gate)
        {
            if (_attachment?.Loop == loop)
            {
                Touch(0, BlockCount);
                _attachment = null;
            }
        }
    }

    /// <summary>
    /// A block is gone. Where the readers stand is said first: else the core would believe a block that they have passed to be
    /// still ahead of one. Inside the lock.
    /// </summary>
    private void PostLost(int block)
    {
        foreach (var reader in _readers)
        {
            reader.PostPosition();
        }

        Post(EventKind.Lost, -1, block, 1);
    }

    /// <summary>Posts an event of this file's block to the loop it is attached to. Inside the lock, so that events keep the order of what they tell.</summary>
    private void Post(EventKind kind, int id, int block, long b = 0, long c = 0)
    {
        if (_attachment is { } at)
        {
            at.Loop.Post(kind, id, at.FirstBlock + block, b, c);
            if (kind is EventKind.Admitted or EventKind.Lost)
            {
                Touch(block, (int)Math.Max(1, b));
            }
        }
    }
}
