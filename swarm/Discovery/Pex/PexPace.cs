using Swarm.Core;

namespace Swarm.Discovery;

/// <summary>How often one peer may name others: BEP 11 says once a minute. Pure, mutable, of one connection.</summary>
public struct PexPace
{
    public const long IntervalMicros = 60_000_000;

    /// <summary>A message so much earlier is heard all the same: the clocks and queues of both ends jitter.</summary>
    private const long EarlyMicros = 15_000_000;

    /// <summary>libtorrent closes a peer that sends six within a minute.</summary>
    private const int MaxPerInterval = 6;

    private Instant? _heardAt;
    private Instant _since;
    private int _said;

    public PexVerdict Hear(Instant now)
    {
        if (_said == 0 || now - _since >= IntervalMicros)
        {
            (_since, _said) = (now, 0);
        }

        if (++_said >= MaxPerInterval)
        {
            return PexVerdict.Flood;
        }

        if (_heardAt is { } last && now - last < IntervalMicros - EarlyMicros)
        {
            return PexVerdict.TooEarly;
        }

        _heardAt = now;
        return PexVerdict.Take;
    }
}
