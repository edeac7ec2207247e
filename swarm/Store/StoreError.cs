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
public sealed record StoreError(StoreErrorKind Kind, string Message, int? HolderPid = null)
{
    internal static StoreError IsAFile(string path) => new(
        StoreErrorKind.Unusable, $"{path} is a file and cannot be a data folder. Give a folder with --data DIR.");

    internal static StoreError NoPath(string path, ArgumentException cause) => new(
        StoreErrorKind.Unusable, $"'{path}' cannot be a data folder ({cause.Message}). Give a folder with --data DIR.");

    internal static StoreError InUse(string folder, int? holder)
    {
        var who = holder is { } pid ? $"process {pid}" : "another process";
        return new StoreError(
            StoreErrorKind.InUse,
            $"The data folder {folder} is in use by {who}. Stop that one, or give this one another folder with --data DIR.",
            holder);
    }

    internal static StoreError NewerSchema(string folder, int version) => new(
        StoreErrorKind.NewerSchema,
        $"The data folder {folder} was written by a newer version of this program (index version {version}, this one knows {IndexSchema.Version}). Upgrade, or give another folder with --data DIR.");
}
