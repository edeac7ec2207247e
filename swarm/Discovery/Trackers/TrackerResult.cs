using System.Diagnostics.CodeAnalysis;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What came of one announce: an answer or an error.</summary>
public readonly record struct TrackerResult(TrackerResponse? Response, TrackerError? Error)
{
    [MemberNotNullWhen(true, nameof(Response))]
    public bool Succeeded => Response is not null;

    public static TrackerResult Failed(TrackerStage stage, string message, int retrySeconds = 0) => new(null, new TrackerError(stage, message, retrySeconds));
}
