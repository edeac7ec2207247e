using Swarm.Core;

namespace Swarm.Engine;

/// <summary>A rate as tokens: bytes may go while there are any, and a little more. Pure; time comes with each call.</summary>
public sealed class RateBucket
{
    /// <summary>Idle time does not become a burst longer than this.</summary>
    private const long BurstMicros = 100_000;

    private long? _bytesPerSecond;
    private double _tokens;
    private Instant _filledAt;

    /// <summary>Null: no limit. 0: nothing may go.</summary>
    public long? BytesPerSecond => _bytesPerSecond;

    public void Limit(long? bytesPerSecond, Instant now)
    {
        Fill(now);
        var wasFree = _bytesPerSecond is null;
        _bytesPerSecond = bytesPerSecond;
        _tokens = wasFree && bytesPerSecond > 0 ? Burst : Math.Min(_tokens, Burst);
    }

    /// <summary>True if something may go now. What then goes may take more than is left: the debt is waited for.</summary>
    public bool MayTake(Instant now)
    {
        Fill(now);
        return _bytesPerSecond is null || _tokens > 0;
    }

    public void Take(int bytes)
    {
        if (_bytesPerSecond is not null)
        {
            _tokens -= bytes;
        }
    }

    /// <summary>Micros until <see cref="MayTake"/> turns true; null if it never does by itself.</summary>
    public long? WaitMicros => _bytesPerSecond switch
    {
        null => 0,
        0 => null,
        { } rate => _tokens > 0 ? 0 : (long)Math.Ceiling((1 - _tokens) * 1e6 / rate),
    };

    private double Burst => _bytesPerSecond is > 0 and var rate ? Math.Max(1, rate * (BurstMicros / 1e6)) : 0;

    private void Fill(Instant now)
    {
        if (_bytesPerSecond is { } rate && now > _filledAt)
        {
            _tokens = Math.Min(Burst, _tokens + (rate * ((now - _filledAt) / 1e6)));
        }

        _filledAt = now;
    }
}
