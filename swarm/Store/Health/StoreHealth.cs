namespace Swarm.Store;

/// <summary>What the store can do now, or a notice about what it found.</summary>
public enum StoreCondition
{
    /// <summary>Blocks are kept.</summary>
    Ok = 0,

    /// <summary>Quota reached and nothing can be evicted: pass-through.</summary>
    QuotaFull,

    /// <summary>ENOSPC: pass-through, tried again by itself.</summary>
    DiskFull,

    /// <summary>The folder cannot be written: pass-through, tried again by itself.</summary>
    ReadOnly,

    /// <summary>A file call failed in another way: pass-through, tried again by itself.</summary>
    Failing,

    /// <summary>The index proved damaged while running: pass-through until the next start, which begins afresh.</summary>
    IndexCorrupt,

    /// <summary>Notice, once at start: the last run did not end cleanly; blocks count only once they are re-hashed.</summary>
    UncleanStart,

    /// <summary>Notice, once at start: the index was damaged and moved aside; the store is empty.</summary>
    IndexReplaced,

    /// <summary>Notice: a data file vanished or was shortened by somebody else; its blocks are gone.</summary>
    FileDamaged,
}

/// <summary>A condition with one sentence for people: the thing, the cause, what to do.</summary>
public sealed record StoreHealth(StoreCondition Condition, string Sentence);
