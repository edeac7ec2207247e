namespace Swarm.Store;

/// <summary>The index's record of one content.</summary>
/// <param name="Id">Never used twice, so that a row of a deleted content cannot count for a later one.</param>
/// <param name="Stamp">The data file's time of last write at the last orderly close; 0 while open. Another time means somebody else wrote it.</param>
internal sealed record ContentRow(long Id, string Key, long Length, string? Metadata, long Stamp, long StoredBytes, long LastUsedUnixMs);
