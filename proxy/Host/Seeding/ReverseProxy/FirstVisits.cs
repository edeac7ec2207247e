using System.Collections.Concurrent;
using Swarm.Engine;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Request collapsing where nothing is known yet: of several visitors who want one file, one asks, and the others wait for the head of its answer,
/// which then permits them too. Not for ever, as the answer may be one that helps nobody else.
/// </summary>
/// <remarks>Any thread.</remarks>
internal sealed class FirstVisits(SwarmEngine engine, TimeProvider time)
{
    /// <summary>As long as a permit is good for others. After one second, on a machine under great load, two of four went on to fetch the whole file again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Visit> _asking = new(StringComparer.Ordinal);

    /// <summary>Waits behind whoever asks already, or goes first.</summary>
    /// <returns>To be ended when the answer's head is here, or there is none; null for whom no one waits.</returns>
    public async ValueTask<Visit?> EnterAsync(string url, CancellationToken cancellation)
    {
        // Who asks is looked for before what the answer gave: its permit is there before its bytes have a reader that others can be served from.
        var own = new Visit(this, url);
        var first = _asking.GetOrAdd(url, own);
        if (ReferenceEquals(first, own))
        {
            if (engine.Current(url, "identity")?.PermitFor("") is not { } permit || !permit.CoversRepeat("", engine.Now))
            {
                return own;
            }

            own.Dispose();
            return null;
        }

        await Task.WhenAny(first.Ended, Task.Delay(Patience, time, cancellation));
        cancellation.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>A visitor that others wait for.</summary>
    internal sealed class Visit(FirstVisits visits, string url) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            if (_ended.TrySetResult())
            {
                visits._asking.TryRemove(new(url, this));
            }
        }
    }
}
