namespace Swarm.Simulation;

/// <summary>The named worlds of the league and the tests.</summary>
public static class Scenarios
{
    private const long MiB = 1 << 20;
    private const long Second = 1_000_000;

    /// <summary>1 MB/s of media: a usual 1080p stream.</summary>
    public const long Bitrate = 1_000_000;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("homogeneous", 24 * MiB, (int)MiB, [P(400, 40), P(400, 40), P(400, 40), P(400, 40)], null, Seek()),
        new("heterogeneous", 24 * MiB, (int)MiB, [P(700, 30), P(500, 60), P(200, 80), P(100, 100)], null, Seek()),
        new("loris+mute", 24 * MiB, (int)MiB, [P(700, 30), P(500, 60), P(200, 80), P(100, 100), P(4, 40), P(400, 40, Quirks.Mute)], null, Seek()),
        new("goes mute", 24 * MiB, (int)MiB, [P(700, 30), P(600, 60), P(800, 40, Quirks.GoesMute)], null, [Play()]),
        new("mute at the start", 8 * MiB, (int)MiB, [P(800, 40), P(800, 60), P(900, 30, Quirks.GoesMute) with { MuteAfterMicros = 600_000 }], null, [new(0, 0, 8 * MiB, Bitrate)]),
        new("thin downlink", 16 * MiB, (int)MiB, [P(1500, 40), P(1500, 60), P(1500, 80)], null, [new(0, 0, 16 * MiB, 900_000)]) { DownlinkBytesPerSecond = 1_000_000 },
        new("liar", 24 * MiB, (int)MiB, [P(700, 30), P(500, 60), P(200, 80), P(100, 100), P(700, 20, Quirks.Liar)], null, Seek()),
        new("chokers", 24 * MiB, (int)MiB, [P(700, 30, Quirks.Chokes), P(700, 30, Quirks.Chokes), P(700, 60, Quirks.Chokes), P(700, 60, Quirks.Chokes)], null, [Play()]),
        new("seed mode", 24 * MiB, (int)MiB, [P(900, 30, Quirks.SeedMode), P(900, 60, Quirks.SeedMode)], null, [Play()]),
        new("no hashes", 24 * MiB, (int)MiB, [P(900, 30, Quirks.RefusesHashes), P(900, 60, Quirks.SilentHashes)], null, [Play()]),
        new("v1 pieces", 24 * MiB, (int)MiB, [P(700, 30), P(700, 60), P(400, 60)], null, [Play()]) { HasTree = false },
        new("origin alone", 24 * MiB, (int)MiB, [], O(1500, 40), [Play()]),
        new("origin+2 seeds", 30 * MiB, (int)MiB, [P(1000, 40), P(1100, 60)], O(700, 50), [Play()]),
        new("origin+weak swarm", 24 * MiB, (int)MiB, [P(300, 40), P(300, 60)], O(800, 50), [Play()]),
        new("swarm vanishes", 24 * MiB, (int)MiB, [P(1000, 40) with { LeavesAtMicros = 6 * Second }, P(1000, 60) with { LeavesAtMicros = 6 * Second }], O(1200, 50), [Play()]),
        new("swarm goes mute", 24 * MiB, (int)MiB, [P(1000, 40, Quirks.GoesMute), P(1000, 60, Quirks.GoesMute)], O(1200, 50), [Play()]),
        new("origin+mute peers", 24 * MiB, (int)MiB, [P(1000, 40, Quirks.Mute), P(1000, 60, Quirks.Mute)], O(1500, 50), [Play()]),
        new("origin+late seeds", 30 * MiB, (int)MiB, [P(1000, 40) with { JoinsAtMicros = 5 * Second }, P(1100, 60) with { JoinsAtMicros = 5 * Second }], O(1200, 50), [Play()]),
        new("bulk, origin+seeds", 60 * MiB, (int)MiB, [P(1000, 40), P(1100, 60)], O(700, 50), [new(0, 0, 60 * MiB, 0)]),
        new("origin fails", 24 * MiB, (int)MiB, [P(900, 40), P(900, 60)], O(1200, 50) with { FailsAtMicros = 1 * Second }, [Play()]),
        new("bulk", 24 * MiB, (int)MiB, [P(1000, 40), P(700, 60), P(300, 100)], null, [new(0, 0, 24 * MiB, 0)]),
        new("bulk+play", 24 * MiB, (int)MiB, [P(1000, 40), P(700, 60), P(800, 50)], null, [new(0, 0, 24 * MiB, 0), Play(0, 8 * MiB)]),
        new("churn", 24 * MiB, (int)MiB, [P(700, 30), .. Enumerable.Range(0, 8).Select(i => P(600, 40) with { JoinsAtMicros = i * 2 * Second, LeavesAtMicros = ((i * 2) + 5) * Second })], null, [Play()]),
        new("partial seeds", 24 * MiB, (int)MiB, [P(500, 30) with { HasPercent = 60 }, P(500, 60) with { HasPercent = 60 }, P(500, 40) with { HasPercent = 60 }, P(400, 60)], null, [Play()]),
    ];

    public static Scenario Find(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw new ArgumentException($"no scenario '{name}'; there are: {string.Join(", ", All.Select(s => s.Name))}", nameof(name));

    private static PeerPlan P(long kiloBytesPerSecond, long rttMillis, Quirks quirks = Quirks.None) => new(kiloBytesPerSecond * 1000, rttMillis * 1000, quirks);

    private static OriginPlan O(long kiloBytesPerSecond, long rttMillis) => new(kiloBytesPerSecond * 1000, rttMillis * 1000);

    private static ReaderPlan Play(long opensAtSeconds = 0, long fromByte = 0) => new(opensAtSeconds * Second, fromByte, 24 * MiB, Bitrate);

    /// <summary>A player that jumps to 16 MiB after four seconds: the first range is closed, another opened.</summary>
    private static ReaderPlan[] Seek() => [Play() with { ClosesAtMicros = 4 * Second }, Play(4, 16 * MiB)];
}
