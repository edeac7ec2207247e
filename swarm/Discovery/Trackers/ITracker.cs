using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>Something that takes announces. Expected trouble is in the result; only cancellation throws.</summary>
public interface ITracker
{
    Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel);
}
