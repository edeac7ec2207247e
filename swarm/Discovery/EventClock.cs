using Swarm.Core;

namespace Swarm.Discovery;

/// <summary>The clock of pure parts that are told the time: micros since it was made, plus one, so that it is never zero. Thread-safe.</summary>
public sealed class EventClock(TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();

    public Instant Now => new((long)time.GetElapsedTime(_startedAt).TotalMicroseconds + 1);
}
