namespace Swarm.Store;

/// <summary>Why a store could not be opened at all.</summary>
public enum StoreErrorKind
{
    /// <summary>Another process holds the data folder.</summary>
    InUse,

    /// <summary>The index was written by a newer version of the program.</summary>
    NewerSchema,

    /// <summary>The path cannot be a data folder, e.g. because it is a file.</summary>
    Unusable,
}

/// <summary>A refusal that needs a person: what, why, and what to do.</summary>
/// <param name="HolderPid">The process that holds the folder, where known.</param>
public sealed record StoreError(StoreErrorKind Kind, string Message, int? HolderPid = null);
