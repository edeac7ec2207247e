using System.Text.Json.Serialization;

namespace Swarm.Engine.Receipts;

/// <summary>
/// The receipt of one download: who delivered which share of the bytes a client got, and what vouched for them.
/// Pure data; <c>swarmstream.receipt/1</c> is a contract: fields may be added, never renamed or given another unit.
/// </summary>
/// <param name="Id">Unguessable enough to stand in a <c>Swarm-Receipt</c> URL; letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="TotalBytes">Bytes released to the client; the sum of <see cref="BytesBySource"/>.</param>
/// <param name="BytesBySource">Each released byte counted once, for the source that delivered it first.</param>
/// <param name="BytesVerified16k">Released bytes that passed the tree as 16 KiB leaves (v1 pieces that verified whole are not among them).</param>
/// <param name="Authority"><c>L5</c>, <c>L5c</c> … <c>L0</c>: what vouched for the version.</param>
/// <param name="Cleartext">True if any hop of the origin's answer was plain http.</param>
/// <param name="DuplicateBytes">Bytes received twice (hedges, endgame).</param>
/// <param name="RejectedBytes">Bytes that failed the tree and were thrown away.</param>
/// <param name="Outcome">One of <see cref="ReceiptOutcome"/>.</param>
public sealed record ReceiptView(
    string Id,
    string Url,
    ReceiptVersion Version,
    long TotalBytes,
    BytesBySource BytesBySource,
    [property: JsonPropertyName("bytes_verified_16k")] long BytesVerified16k,
    string Authority,
    bool Cleartext,
    long DuplicateBytes,
    long RejectedBytes,
    IReadOnlyList<ReceiptSource> Sources,
    ReceiptTimings Timings,
    ReceiptStalls Stalls,
    string Outcome)
{
    public const string SchemaName = "swarmstream.receipt/1";

    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = SchemaName;
}

/// <summary>The version of the resource that the bytes belong to.</summary>
/// <param name="Validator">The strong ETag with its quotes, or the Last-Modified date; null for a torrent's own file.</param>
/// <param name="Length">Bytes of the whole representation.</param>
/// <param name="Infohash">Hex of the tree's torrent; null when none is bound.</param>
public sealed record ReceiptVersion(string? Validator, long Length, string? Infohash);

/// <summary>One source that delivered bytes.</summary>
/// <param name="Kind"><c>origin</c>, <c>mirror</c>, <c>webseed</c>, <c>peer</c>, <c>store</c>.</param>
/// <param name="Address">Address and port, or the host of an origin; null for the store.</param>
/// <param name="Client">What a peer calls itself; text from outside.</param>
/// <param name="Bytes">Bytes received from it and kept.</param>
/// <param name="Banned">True if its blame ended the connection for good.</param>
public sealed record ReceiptSource(
    string Kind, string? Address, string? Client, long Bytes, IReadOnlyList<ReceiptBlame> Blame, bool Banned);

/// <summary>One block that a source delivered wrongly.</summary>
public sealed record ReceiptBlame(long Block, string Reason, DateTimeOffset At);

/// <summary>When, in RFC 3339; how long, in milliseconds.</summary>
/// <param name="TtfbMs">From the client's request to the first body byte released; null when none was.</param>
public sealed record ReceiptTimings(DateTimeOffset Started, DateTimeOffset Finished, double? TtfbMs, double DurationMs);

/// <summary>How often and how long the client waited at the playhead.</summary>
public sealed record ReceiptStalls(int Count, double TotalMs)
{
    public static readonly ReceiptStalls None = new(0, 0);
}
