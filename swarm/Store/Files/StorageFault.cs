using Microsoft.Data.Sqlite;

namespace Swarm.Store;

/// <summary>The one place that translates what the file system and SQLite throw into a <see cref="StoreCondition"/>.</summary>
internal static class StorageFault
{
    // errno(3); the .NET runtime leaves the number in HResult on Unix.
    private const int ENOSPC = 28;
    private const int EROFS = 30;
    private const int EDQUOT = 122;

    // winerror.h, as HRESULT
    private const int DiskFullHResult = unchecked((int)0x80070070);
    private const int WriteProtectHResult = unchecked((int)0x80070013);

    // sqlite.org/rescode.html, primary codes
    private const int SqliteReadOnly = 8;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteNotADb = 26;

    /// <summary>What the failure means for the store as a whole.</summary>
    public static StoreCondition Classify(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: SqliteCorrupt or SqliteNotADb } => StoreCondition.IndexCorrupt,
        SqliteException { SqliteErrorCode: SqliteFull } => StoreCondition.DiskFull,
        SqliteException { SqliteErrorCode: SqliteReadOnly } => StoreCondition.ReadOnly,
        IOException { HResult: ENOSPC or EDQUOT or DiskFullHResult } => StoreCondition.DiskFull,
        IOException { HResult: EROFS or WriteProtectHResult } => StoreCondition.ReadOnly,
        UnauthorizedAccessException => StoreCondition.ReadOnly,
        _ => StoreCondition.Failing,
    };

    /// <summary>True for the failures a disk, a file system or SQLite may produce; anything else is a bug and passes on.</summary>
    public static bool IsExpected(Exception e) =>
        e is IOException or UnauthorizedAccessException or SqliteException or ObjectDisposedException or NotSupportedException;

    /// <summary>Thing, cause, next step.</summary>
    public static string Sentence(StoreCondition condition, string folder, Exception? cause) => condition switch
    {
        StoreCondition.Ok => $"Blocks are kept again in {folder}.",
        StoreCondition.QuotaFull => $"The store in {folder} has reached its quota and everything in it is in use, so new blocks are passed through and not kept. Raise --quota or close some readers.",
        StoreCondition.DiskFull => $"The disk under {folder} is full, so blocks are passed through and not kept. Free some space or give another folder with --data DIR; writing is tried again by itself.",
        StoreCondition.ReadOnly => $"The folder {folder} cannot be written, so blocks are passed through and not kept. Make it writable or give another folder with --data DIR.",
        StoreCondition.IndexCorrupt => $"The index in {folder} is damaged, so blocks are passed through and not kept. Restart to begin with a fresh index.",
        _ => $"Reading or writing {folder} failed ({cause?.Message ?? "no details"}), so blocks are passed through and not kept. Check the disk; writing is tried again by itself.",
    };
}
