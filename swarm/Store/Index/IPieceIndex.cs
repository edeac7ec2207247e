namespace Swarm.Store;

/// <summary>The durable memory of what the data files hold. Failures are <see cref="Microsoft.Data.Sqlite.SqliteException"/>.</summary>
/// <remarks>Any thread; calls are serialised inside.</remarks>
internal interface IPieceIndex : IDisposable
{
    /// <summary>Count of unclean starts so far.</summary>
    long Epoch { get; }

    /// <summary>True if the last user of the index did not close it, or the machine was restarted since.</summary>
    bool WasUnclean { get; }

    IReadOnlyList<ContentRow> LoadContents();

    /// <summary>Rows whose checksum holds; others are skipped.</summary>
    IReadOnlyList<UnitRow> LoadUnits(long contentId);

    /// <summary>The new content's id.</summary>
    long AddContent(string key, long length, long lastUsedUnixMs);

    /// <summary>Forgets the content and all its blocks.</summary>
    void RemoveContent(long id);

    /// <summary>All of the batch or nothing.</summary>
    void Commit(IndexBatch batch);

    /// <summary>The orderly end: durable when it returns, and nothing may be committed after it.</summary>
    void MarkClean();
}
