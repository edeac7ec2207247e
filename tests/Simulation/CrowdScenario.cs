namespace Swarm.Simulation;

/// <summary>How one viewer of a crowd differs from the others.</summary>
public enum ViewerKind
{
    Usual,

    /// <summary>Takes part in everything but never unchokes anyone: <c>--share off</c>.</summary>
    FreeRider,

    /// <summary>Unchokes, tells what it has, and never serves.</summary>
    Silent,

    /// <summary>Its uplink is 1 Mbit/s.</summary>
    SlowUplink,

    /// <summary>Vanishes without a word at <see cref="CrowdScenario.LeavesAtMicros"/>.</summary>
    Leaver,
}

/// <summary>
/// Viewers of ours that open one film behind one thin origin. The defaults are the lab's: 6 viewers, 6 Mbit/s of media, uplinks of 8, an
/// origin of 1.5 times the bitrate, round trips of 10 to 60 ms, the player of the lab (starts and resumes with 2 s, holds 20).
/// </summary>
public sealed record CrowdScenario(string Name)
{
    /// <summary>What the wire leaves of a line's rate for payload.</summary>
    public const double Payload = 0.965;

    public int Viewers { get; init; } = 6;

    /// <summary>One viewer of this kind, the third; the rest are usual.</summary>
    public ViewerKind Odd { get; init; }

    public double MediaMbit { get; init; } = 6;

    public double UplinkMbit { get; init; } = 8;

    public double DownlinkMbit { get; init; } = 50;

    public double OriginMbit { get; init; } = 9;

    public long MinRttMicros { get; init; } = 10_000;

    public long MaxRttMicros { get; init; } = 60_000;

    /// <summary>They open within this time of each other; 0 = at once.</summary>
    public long SpreadMicros { get; init; }

    public long LeavesAtMicros { get; init; } = long.MaxValue;

    /// <summary>Until an interested peer is unchoked: drawn up to this.</summary>
    public long UnchokeMicros { get; init; }

    /// <summary>The tracker answers this much later than it could.</summary>
    public long TrackerMicros { get; init; }

    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>v1: pieces verify whole, and only whole ones are told of.</summary>
    public bool HasTree { get; init; } = true;

    /// <summary>A run ends when everyone has played this much.</summary>
    public long PlayMicros { get; init; } = 30_000_000;

    public long EndsAtMicros { get; init; } = 80_000_000;

    public long MediaBytesPerSecond => (long)(MediaMbit * 1e6 / 8);

    /// <summary>No order of requests starts all of them earlier: 2 s of media for each, by all uplinks together, behind one round trip through the tracker.</summary>
    public long StartupBoundMicros
    {
        get
        {
            var common = Math.Min(DownlinkMbit, (OriginMbit + (Viewers > 1 ? Viewers * UplinkMbit : 0)) / Viewers);
            return (long)(2e6 * MediaMbit / (Math.Min(common, OriginMbit) * Payload));
        }
    }

    public static IReadOnlyList<CrowdScenario> All { get; } =
    [
        new("six viewers"),
        new("alone") { Viewers = 1 },
        new("two") { Viewers = 2 },
        new("twenty") { Viewers = 20 },
        new("join over 3 s") { SpreadMicros = 3_000_000 },
        new("join over 10 s") { SpreadMicros = 10_000_000 },
        new("one vanishes at 3 s") { Odd = ViewerKind.Leaver, LeavesAtMicros = 3_000_000 },
        new("one vanishes at 10 s") { Odd = ViewerKind.Leaver, LeavesAtMicros = 10_000_000 },
        new("one shares nothing") { Odd = ViewerKind.FreeRider },
        new("one never serves") { Odd = ViewerKind.Silent },
        new("one slow uplink") { Odd = ViewerKind.SlowUplink },
        new("uplinks of 6.5") { UplinkMbit = 6.5 },
        new("origin of 7") { OriginMbit = 7 },
        new("origin of 50") { OriginMbit = 50 },
        new("unchokes within 2 s") { UnchokeMicros = 2_000_000 },
        new("tracker 2 s late") { TrackerMicros = 2_000_000 },
        new("round trips x 3") { MinRttMicros = 30_000, MaxRttMicros = 180_000 },
        new("pieces of 16 KiB") { PieceBytes = 16 << 10 },
        new("pieces of 64 KiB") { PieceBytes = 64 << 10 },
        new("pieces of 1 MiB") { PieceBytes = 1 << 20 },
        new("v1, 256 KiB") { HasTree = false },
    ];
}
