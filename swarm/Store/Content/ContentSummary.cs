namespace Swarm.Store;

/// <summary>What the store knows of one content without opening it.</summary>
/// <param name="Key">The name it is kept under (<c>ResourceVersion.StoreKey</c>).</param>
/// <param name="Length">Bytes in the content.</param>
/// <param name="StoredBytes">Bytes of it that are kept, those that still have to be re-hashed included.</param>
/// <param name="LastUsed">When it was last opened, touched or closed.</param>
/// <param name="IsOpen">True while somebody holds it open; it is not evicted then.</param>
/// <param name="Metadata">What the owner stored beside it.</param>
public sealed record ContentSummary(string Key, long Length, long StoredBytes, DateTimeOffset LastUsed, bool IsOpen, string? Metadata);
