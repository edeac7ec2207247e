using Swarm.Peer;

namespace Swarm.Engine;

/// <summary>The memory of all uploads: batches that are being filled or sent. At its limit nothing more is read from the disk. Thread-safe.</summary>
internal sealed class BatchPool
{
    /// <summary>17 MB: two for each of 32 slots; where viewers have theirs besides, who finds none waits for the next.</summary>
    public const int MaxBatches = 64;

    private readonly Lock _gate = new();
    private readonly Stack<BlockBatch> _free = new();
    private int _made;

    /// <summary>Batches that somebody holds.</summary>
    public int Out
    {
        get
        {
            lock (_gate)
            {
                return _made - _free.Count;
            }
        }
    }

    /// <summary>The most that were ever out at once: one is made where none is free, and kept.</summary>
    public int Most
    {
        get
        {
            lock (_gate)
            {
                return _made;
            }
        }
    }

    public BlockBatch? TryRent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var batch))
            {
                return batch;
            }

            if (_made == MaxBatches)
            {
                return null;
            }

            _made++;
            return new();
        }
    }

    public void Return(BlockBatch batch)
    {
        batch.Clear();
        lock (_gate)
        {
            _free.Push(batch);
        }
    }
}
