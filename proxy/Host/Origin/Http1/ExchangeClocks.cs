using System.Collections.Concurrent;

namespace Swarm.Proxy.Origin;

/// <summary>Clocks of exchanges: a time limit and the client's own end as one token. They are used again, with their timers; two of each would be made a request.</summary>
internal sealed class ExchangeClocks(TimeProvider time)
{
    /// <summary>More exchanges than this at once make new ones.</summary>
    private const int KeptMax = 256;

    private readonly ConcurrentQueue<CancellationTokenSource> _idle = new();

    /// <summary>Starts one, until the result is disposed.</summary>
    public Running Start(TimeSpan limit, CancellationToken client)
    {
        if (!_idle.TryDequeue(out var source))
        {
            source = new(Timeout.InfiniteTimeSpan, time);
        }

        source.CancelAfter(limit);
        return new(this, source, client.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), source));
    }

    private void Stop(CancellationTokenSource source, CancellationTokenRegistration client)
    {
        client.Dispose(); // waits for a cancellation under way
        if (_idle.Count < KeptMax && source.TryReset())
        {
            _idle.Enqueue(source);
        }
        else
        {
            source.Dispose();
        }
    }

    public readonly struct Running(ExchangeClocks clocks, CancellationTokenSource source, CancellationTokenRegistration client) : IDisposable
    {
        public CancellationToken Token => source.Token;

        public void Dispose() => clocks.Stop(source, client);
    }
}
