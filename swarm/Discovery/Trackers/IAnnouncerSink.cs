using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>Who wants the peers that trackers name. Calls come from any thread and must not block.</summary>
public interface IAnnouncerSink
{
    /// <summary>What to tell the trackers now.</summary>
    AnnounceProgress Progress { get; }

    void Answered(Uri tracker, TrackerResponse response);

    void Failed(Uri tracker, TrackerError error);
}
