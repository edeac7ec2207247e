using Swarm.Core;

namespace Swarm.Engine;

// How a content joins a loop, and moves from its own lone loop to its torrent's when a tree arrives under way.
public sealed partial class FileContent
{
    /// <summary>Leaves the loop it was in, if any, and tells the new one everything it must know: blocks, hashes, readers, sources.</summary>
    internal void AttachTo(Attachment next)
    {
        Attachment? previous;
        BlockRun[] origin, tree, leaves;
        lock (_gate)
        {
            previous = _attachment;
            _attachment = next;
            origin = [.. _fromOrigin.Runs()];
            tree = [.. _fromTree.Runs()];
            leaves = _tree is null ? [] : [.. _tree.KnownRuns()];
        }

        foreach (var reader in Readers)
        {
            if (previous is not null)
            {
                reader.LeaveLoop();
            }
        }

        foreach (var run in leaves)
        {
            Post(EventKind.HashesKnown, -1, run.First, run.Count);
        }

        foreach (var run in origin.Concat(tree))
        {
            Post(EventKind.Admitted, -1, run.First, run.Count);
        }

        foreach (var reader in Readers)
        {
            reader.JoinLoop(next);
        }
    }

    /// <summary>The loop ends: events go nowhere until the content is attached again.</summary>
    internal void LeaveLoop(SwarmLoop loop)
    {
        lock (_gate)
        {
            if (_attachment?.Loop == loop)
            {
                _attachment = null;
            }
        }
    }

    /// <summary>
    /// A block is gone that nobody here needs any more. Where the readers stand is said first: else the core would believe it
    /// to be still ahead of one.
    /// </summary>
    private void PostLost(int block)
    {
        foreach (var reader in Readers)
        {
            reader.PostPosition();
        }

        Post(EventKind.Lost, -1, block, 1);
    }

    /// <summary>Posts an event of this file's block to the loop it is attached to.</summary>
    internal void Post(EventKind kind, int id, int block, long b = 0, long c = 0)
    {
        if (Attachment is { } at)
        {
            at.Loop.Post(kind, id, at.FirstBlock + block, b, c);
        }
    }
}
