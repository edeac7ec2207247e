namespace Swarm.Simulation;

/// <summary>What one run of a crowd measured.</summary>
public sealed record CrowdMetrics
{
    public required IReadOnlyList<ReaderMetrics> Viewers { get; init; }

    public required long EndedAtMicros { get; init; }

    public required long OriginBytes { get; init; }

    public required int OriginRequests { get; init; }

    /// <summary>What the origin sent over the longest beginning that any viewer holds: 1 is one copy for all.</summary>
    public required double OriginMultiple { get; init; }

    public required long ReceivedBytes { get; init; }

    public required long DuplicateBytes { get; init; }

    /// <summary>Blocks released that were neither the origin's own nor verified. Must be 0.</summary>
    public required long UnverifiedServed { get; init; }

    public required long Messages { get; init; }

    /// <summary>Every viewer's log, played again, gave the same decisions and state. Must be true.</summary>
    public required bool Replays { get; init; }

    /// <summary>A viewer that never started counts as the whole run.</summary>
    public IEnumerable<double> StartupSeconds => Viewers.Select(v => (v.StartupMicros < 0 ? EndedAtMicros : v.StartupMicros) / 1e6).Order();

    public IEnumerable<double> StallRatios => Viewers.Select(v => v.StartupMicros < 0 ? 1 : v.StallRatio);

    public double DuplicateShare => ReceivedBytes == 0 ? 0 : (double)DuplicateBytes / ReceivedBytes;

    public double MessagesPerSecondAndViewer => Messages * 1e6 / Math.Max(1, EndedAtMicros) / Math.Max(1, Viewers.Count);
}
