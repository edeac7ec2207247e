namespace Swarm.Engine;

/// <summary>One peer of a swarm, for pages.</summary>
/// <param name="State"><c>choked</c>, <c>unchoked</c> or <c>banned</c>.</param>
/// <param name="Reason">Of a banned one: which block failed, and how.</param>
public sealed record PeerSnapshot(
    string Infohash, string Address, string? Client, string State, string? Reason, double HaveRatio, long ReceivedBytes, long SentBytes, long RejectedBytes, double BytesPerSecond, double? RttMs);

/// <summary>One web seed or mirror of a torrent, for pages.</summary>
/// <param name="Kind"><c>webseed</c> or <c>mirror</c>.</param>
/// <param name="State"><c>joined</c>, <c>idle</c> while nobody reads or others are asked first, <c>resting</c> after trouble, <c>given-up</c>, or <c>banned</c>.</param>
public sealed record HttpSeedSnapshot(string Infohash, string Address, string Kind, string State, long ReceivedBytes, double BytesPerSecond);

/// <summary>One resource under way, for pages.</summary>
/// <param name="Reason">Why no swarm helps, as a sentence; null if one does.</param>
public sealed record ResourceStats(int Readers, int Peers, long OriginBytes, long MirrorBytes, long WebSeedBytes, long PeerBytes, long VerifiedBytes, double BytesPerSecond, string? Reason);

/// <summary>One open response, for pages. Offsets are bytes of the representation.</summary>
/// <param name="AheadBytes">Releasable bytes that lie ready from its position on, without a gap.</param>
/// <param name="Waiting">It waits for a byte now.</param>
/// <param name="Released">What it let out so far, by source, most first.</param>
public sealed record ReaderSnapshot(
    int Id, long FirstByte, long End, long Position, long AheadBytes, bool Waiting, int Stalls, double StalledMs, double OpenMs, double? FirstByteMs,
    IReadOnlyList<SourceShare> Released);

/// <summary>Bytes of one source. <paramref name="Kind"/> as in receipts: <c>origin</c>, <c>peer</c>, <c>webseed</c>, <c>mirror</c>, <c>store</c>.</summary>
public sealed record SourceShare(string Kind, string? Address, long Bytes);
