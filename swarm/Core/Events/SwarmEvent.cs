using System.Buffers.Binary;

namespace Swarm.Core;

/// <summary>What can happen to a swarm. The meaning of <see cref="SwarmEvent.A"/>, B and C stands beside each kind.</summary>
public enum EventKind : byte
{
    None = 0,

    /// <summary>A timer that a <see cref="DecisionKind.WakeAt"/> asked for.</summary>
    Wake,

    // --- Readers: Id is the reader. Offsets are content offsets in bytes.

    /// <summary>A client asks for bytes. A: <see cref="ReaderHint"/>. B: first byte. C: one past the last byte; clamped to the file that holds B.</summary>
    ReaderOpened,

    /// <summary>
    /// B: the next byte the client has not taken yet. C: 1 while it waits for that byte (it would take more at once), 0 while it takes
    /// nothing because its own buffer is full.
    /// </summary>
    ReaderAdvanced,

    ReaderClosed,

    // --- Sources: Id is the source. Blocks are content block numbers.

    /// <summary>
    /// A: <see cref="SourceKind"/>. B: request slots it honours (reqq), 0 = unknown. C: smoothed round trip in micros, 0 = unknown.
    /// A peer starts choked, every other kind unchoked; all have nothing until <see cref="SourceHas"/>.
    /// </summary>
    SourceJoined,
    SourceLeft,

    /// <summary>The source can deliver A: first block .. B: count. Bitfields and HAVE become runs of these.</summary>
    SourceHas,

    /// <summary>The source no longer has (or never will deliver) A: first block, B: count.</summary>
    SourceLacks,
    Unchoked,

    /// <summary>C: 1 if outstanding requests were dropped without a reject each (no fast extension), else 0.</summary>
    Choked,

    /// <summary>A: first block, B: count that the source serves even while choking (BEP 6).</summary>
    AllowedFast,

    /// <summary>Part of a block came. A: block. B: bytes of it received so far. Seen at byte level, so that a drip is visible.</summary>
    Progress,

    /// <summary>A whole block came, not verified yet. A: block. B: its bytes.</summary>
    Arrived,

    /// <summary>The block is verified (or is the origin's own) and now immutable. A: block. B: count, 0 = 1. Id: who delivered it; -1 for the store.</summary>
    Admitted,

    /// <summary>
    /// The block failed its hash. A: block. Id: who delivered it; -1 when no one can be blamed (a whole piece of several). B: with -1,
    /// the source that alone brings what is missing of the piece from now on, so that the next verdict names someone; 0 = anyone may.
    /// </summary>
    Corrupt,

    /// <summary>The source refused a request (BEP 6 reject, an origin error). A: block. B: count.</summary>
    Rejected,

    /// <summary>The block was evicted or lost: it is wanted again if a reader needs it. A: block, B: count.</summary>
    Lost,

    /// <summary>Leaf hashes are known. A: first block, B: count. Id: who gave them, -1 for the store.</summary>
    HashesKnown,

    /// <summary>A source refused hashes. A: first block, B: count. C: 0 = for now, 1 = it never will (a connection that stayed v1).</summary>
    HashesRefused,

    /// <summary>
    /// An origin run began to deliver. A: first block. B: blocks until its end (an open-ended answer runs to the end of its file).
    /// C: micros from request to first byte.
    /// </summary>
    RunStarted,

    /// <summary>An origin run ended. A: next block it would have delivered. B: <see cref="RunEnd"/>.</summary>
    RunEnded,

    /// <summary>The Governor grants this swarm a share of something scarce. A: <see cref="GrantKind"/>. B: the amount from now on.</summary>
    Grant,

    /// <summary>The origin may not be asked before B: micros on the event clock (errors, back-off); 0 = again allowed.</summary>
    OriginHeld,

    // --- The crowd: viewers of one content that have the same thin origin.

    /// <summary>
    /// What a node is hashed by when cells are shared out. B: the key. C: 1 if it announces what it asks its origin for, 0 if it does not
    /// speak of it. Id -1: this node itself; without it there is no sharing out.
    /// </summary>
    CrowdKey,

    /// <summary>The source says that it has asked its origin for these blocks. A: first block, B: count.</summary>
    Claimed,

    /// <summary>B: micros until what peers have asked of this node and not got is sent, by the rate it sends at.</summary>
    UploadBacklog,

    /// <summary>The Governor dealt a peer an upload slot or took it. Id: the peer. A: 1 for a slot. B: why, as the Governor counts reasons.</summary>
    SlotDealt,

    /// <summary>
    /// What TCP held for a connection of this swarm when a verdict of the diagnostics about it came or went, and every ten seconds while one holds;
    /// no decision depends on it.
    /// Id: the source, -1 for a client. A: a bit for each verdict that holds, 0 for none. B: rmem_alloc in the lower half, rcvbuf in the
    /// upper, in bytes. C: payload that nobody has read, in bytes.
    /// </summary>
    TcpFound,

    /// <summary>Other viewers are known and being dialled. B: micros on the event clock until which they are waited for; 0 = no longer.</summary>
    ViewersExpected,

    /// <summary>
    /// What the client's player says of itself; it changes what is urgent and nothing else, and is believed for seconds. Id: the reader. B: micros
    /// until what it has buffered is played. C: bytes it plays a second, 0 = unknown.
    /// </summary>
    PlayheadTold,
}

/// <summary>What the shell believes of a reader; <see cref="Unknown"/> lets the playback reducer find out.</summary>
public enum ReaderHint : byte
{
    Unknown = 0,
    Probe = 1,
    Play = 2,
    Bulk = 3,
}

/// <summary>How an origin run ended.</summary>
public enum RunEnd : byte
{
    /// <summary>It delivered everything it was asked for.</summary>
    Complete = 0,

    /// <summary>We aborted or truncated it.</summary>
    Aborted = 1,

    /// <summary>The transport or the server failed.</summary>
    Failed = 2,
}

/// <summary>What the Governor shares out.</summary>
public enum GrantKind : byte
{
    /// <summary>Bytes of blocks in flight and in memory.</summary>
    MemoryWindowBytes = 0,

    /// <summary>Origin runs at once.</summary>
    OriginRuns = 1,

    /// <summary>Hedge tokens in bytes, added to the bucket.</summary>
    HedgeBytes = 2,

    /// <summary>Peers that may be served at once, all swarms of the node together.</summary>
    UploadSlots = 3,

    /// <summary>Bytes per second to peers, all swarms of the node together; the largest number for no limit.</summary>
    UploadBytesPerSecond = 4,
}

/// <summary>
/// One thing that happened, with its time: 37 bytes, fixed, the record of the event log. Everything a decision depends on is in one of these.
/// </summary>
public readonly record struct SwarmEvent(EventKind Kind, Instant At, int Id, int A = 0, long B = 0, long C = 0)
{
    /// <summary>Bytes of the wire form: kind u8, at i64, id i32, a i32, b i64, c i64, little-endian, and 4 reserved zero bytes.</summary>
    public const int Size = 37;

    public void Write(Span<byte> to)
    {
        to[0] = (byte)Kind;
        BinaryPrimitives.WriteInt64LittleEndian(to[1..], At.Micros);
        BinaryPrimitives.WriteInt32LittleEndian(to[9..], Id);
        BinaryPrimitives.WriteInt32LittleEndian(to[13..], A);
        BinaryPrimitives.WriteInt64LittleEndian(to[17..], B);
        BinaryPrimitives.WriteInt64LittleEndian(to[25..], C);
        BinaryPrimitives.WriteInt32LittleEndian(to[33..], 0);
    }

    public static SwarmEvent Read(ReadOnlySpan<byte> from) => new(
        (EventKind)from[0],
        new(BinaryPrimitives.ReadInt64LittleEndian(from[1..])),
        BinaryPrimitives.ReadInt32LittleEndian(from[9..]),
        BinaryPrimitives.ReadInt32LittleEndian(from[13..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[17..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[25..]));
}
