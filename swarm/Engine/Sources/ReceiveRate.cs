using Swarm.Core;

namespace Swarm.Engine;

/// <summary>Bytes a second of one source over the last second or two, for pages. Thread-safe: a web seed's answers come on two threads.</summary>
internal sealed class ReceiveRate(EngineContext context)
{
    private const long WindowMicros = 1_000_000;

    /// <summary>Nothing came for so long: what was measured before is no rate any more.</summary>
    private const long StaleMicros = 3_000_000;

    private readonly Lock _gate = new();
    private long _windowBytes;
    private Instant? _windowStart;
    private double _bytesPerSecond;

    public double BytesPerSecond
    {
        get
        {
            lock (_gate)
            {
                return _windowStart is { } start && context.Now.Micros - start.Micros <= StaleMicros ? _bytesPerSecond : 0;
            }
        }
    }

    public void Add(int bytes)
    {
        var now = context.Now;
        lock (_gate)
        {
            _windowStart ??= now;
            _windowBytes += bytes;
            var elapsed = now.Micros - _windowStart.Value.Micros;
            if (elapsed > WindowMicros)
            {
                _bytesPerSecond = _windowBytes * 1e6 / elapsed;
                _windowBytes = 0;
                _windowStart = now;
            }
        }
    }
}
