namespace Swarm.Simulation;

/// <summary>How a simulated peer behaves beyond its rate.</summary>
[Flags]
public enum Quirks
{
    None = 0,

    /// <summary>Unchokes and never sends a byte.</summary>
    Mute = 1,

    /// <summary>Every block it sends is corrupt.</summary>
    Liar = 2,

    /// <summary>Never answers for hashes: rejects.</summary>
    RefusesHashes = 4,

    /// <summary>A seed that has not checked its file: hashes a piece (80 ms) when it first serves it, refuses hashes before.</summary>
    SeedMode = 8,

    /// <summary>Chokes for two seconds out of every eight.</summary>
    Chokes = 16,

    /// <summary>No fast extension: a choke drops requests silently, a cancel is not acknowledged.</summary>
    NoFast = 32,

    /// <summary>Works for a while (<see cref="PeerPlan.MuteAfterMicros"/>) and then goes mute with requests open.</summary>
    GoesMute = 64,

    /// <summary>Refuses one request in ten.</summary>
    Rejects = 128,

    /// <summary>Never answers hash requests at all.</summary>
    SilentHashes = 256,
}

/// <summary>A simulated peer. It has the part of the blocks named by <paramref name="HasPercent"/>, whole pieces, drawn by the seed.</summary>
public sealed record PeerPlan(
    long BytesPerSecond, long RttMicros, Quirks Quirks = Quirks.None, long JoinsAtMicros = 0, long LeavesAtMicros = long.MaxValue, int HasPercent = 100)
{
    public long MuteAfterMicros { get; init; } = 1_500_000;
}

/// <summary>A simulated origin. The first reader's own request is its first run; the answer's head comes after a round trip and <paramref name="TtfbMicros"/>.</summary>
public sealed record OriginPlan(long BytesPerSecond, long RttMicros, long TtfbMicros = 20_000, long FailsAtMicros = long.MaxValue);

/// <summary>A simulated client: when it opens, where, how fast it plays (0 = takes all it gets), how many seconds it buffers.</summary>
public sealed record ReaderPlan(long OpensAtMicros, long FromByte, long ToByte, long BytesPerSecond, long ClosesAtMicros = long.MaxValue, int BufferSeconds = 4)
{
    /// <summary>Media it wants again before it goes on after a stall.</summary>
    public int ResumeMillis { get; init; } = 500;
}

/// <summary>One world to play in.</summary>
public sealed record Scenario(
    string Name, long ContentBytes, int PieceLength, IReadOnlyList<PeerPlan> Peers, OriginPlan? Origin, IReadOnlyList<ReaderPlan> Readers)
{
    /// <summary>Bytes a second that reach us, all sources together.</summary>
    public long DownlinkBytesPerSecond { get; init; } = 100_000_000;

    public long EndsAtMicros { get; init; } = 60_000_000;

    /// <summary>A v1-only content has no tree: pieces verify whole.</summary>
    public bool HasTree { get; init; } = true;
}
