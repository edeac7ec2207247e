namespace Swarm.Store;

/// <summary>What the index's row of a content says after the next commit.</summary>
/// <remarks>Changed under the content's lock, except the time of last use; what others may ask is read without it.</remarks>
internal sealed class ContentRecord(ContentRow row)
{
    /// <summary>The metadata of a content that is not to be believed.</summary>
    public const string Condemned = "condemned";

    private string? _metadata = row.Metadata;
    private long _storedBytes = row.StoredBytes;
    private long _lastUsedUnixMs = row.LastUsedUnixMs;

    public long Id => row.Id;

    public string? Metadata
    {
        get => Volatile.Read(ref _metadata);
        set => Volatile.Write(ref _metadata, value);
    }

    /// <summary>As the index told it when the store was opened.</summary>
    public long LastUsedAtStartUnixMs => row.LastUsedUnixMs;

    public long StoredBytes
    {
        get => Volatile.Read(ref _storedBytes);
        set => Volatile.Write(ref _storedBytes, value);
    }

    public long LastUsedUnixMs
    {
        get => Volatile.Read(ref _lastUsedUnixMs);
        set => Volatile.Write(ref _lastUsedUnixMs, value);
    }

    /// <summary>The file's time of last write when it was closed; 0 if unknown, and then its blocks are re-hashed.</summary>
    public long Stamp { get; set; } = row.Stamp;

    /// <summary>True if the row in the index is out of date.</summary>
    public bool IsDirty { get; set; }

    public ContentRow ToRow() => row with { Metadata = _metadata, Stamp = Stamp, StoredBytes = _storedBytes, LastUsedUnixMs = _lastUsedUnixMs };
}
