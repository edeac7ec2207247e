using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// What the uplink carries, learned from uploading itself. Pure. While there is always something to send and round trips grow
/// by more than a queue may add, the line is full: what went through it then is its capacity, and uploads stay at 85 % of
/// that, so that requests and acknowledgements of downloads do not queue behind them.
/// </summary>
public sealed class UplinkMeter
{
    /// <summary>Design §5: uploads take at most this part of the uplink.</summary>
    public const double Share = 0.85;

    /// <summary>A queue of this length delays requests noticeably; LEDBAT aims at 100 ms (RFC 6817 §2.4.2).</summary>
    private const long FullDelayMicros = 60_000;

    /// <summary>One sample of a second may be a burst of others.</summary>
    private const int FullSamples = 2;

    /// <summary>How long a measured capacity is believed before more is tried.</summary>
    private const long BelieveMicros = 60_000_000;

    /// <summary>Tries are a twentieth more a second, and end with the next sign of a queue.</summary>
    private const double Try = 1.05;

    private int _full;
    private long _fullBytes;
    private long _fullMicros;
    private Instant _believedUntil;

    /// <summary>Measured, bytes per second; null until the line was full once.</summary>
    public long? CapacityBytesPerSecond { get; private set; }

    /// <summary>What uploads may take; null without a measurement.</summary>
    public long? LimitBytesPerSecond { get; private set; }

    /// <summary>One sample.</summary>
    /// <param name="elapsedMicros">Since the sample before.</param>
    /// <param name="sentBytes">Bytes that the kernel took in that time.</param>
    /// <param name="isBusy">Something waited for the kernel all the time.</param>
    /// <param name="delayMicros">The least growth of a round trip over its minimum, among peers that are sent to.</param>
    public void Sample(Instant now, long elapsedMicros, long sentBytes, bool isBusy, long delayMicros)
    {
        if (delayMicros >= FullDelayMicros && (isBusy || LimitBytesPerSecond is not null) && sentBytes > 0)
        {
            _full++;
            _fullBytes += sentBytes;
            _fullMicros += elapsedMicros;
            if (_full >= FullSamples)
            {
                CapacityBytesPerSecond = (long)(_fullBytes * 1e6 / Math.Max(1, _fullMicros));
                LimitBytesPerSecond = (long)(CapacityBytesPerSecond * Share);
                _believedUntil = now + BelieveMicros;
                Forget();
            }

            return;
        }

        Forget();
        if (LimitBytesPerSecond is { } limit && now > _believedUntil && sentBytes * 1e6 / Math.Max(1, elapsedMicros) >= 0.8 * limit)
        {
            LimitBytesPerSecond = (long)(limit * Try);
        }
    }

    private void Forget() => (_full, _fullBytes, _fullMicros) = (0, 0, 0);
}
