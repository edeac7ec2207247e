using System.Diagnostics.CodeAnalysis;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What came of one scrape: counts in the order asked, null for a torrent the tracker does not name, or an error.</summary>
public readonly record struct ScrapeResult(IReadOnlyList<ScrapeCounts?>? Counts, TrackerError? Error)
{
    [MemberNotNullWhen(true, nameof(Counts))]
    public bool Succeeded => Counts is not null;

    public static ScrapeResult Failed(TrackerStage stage, string message) => new(null, new TrackerError(stage, message));
}
