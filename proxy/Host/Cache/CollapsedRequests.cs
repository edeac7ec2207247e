using System.Collections.Concurrent;

namespace Swarm.Proxy.Cache;

/// <summary>
/// Equal requests under way: the first leads, the others wait for what it brings, for a limited time. A URL whose last answer could not be
/// kept is not waited for again.
/// </summary>
internal sealed class CollapsedRequests(TimeSpan limit, TimeProvider time)
{
    private const int Remembered = 4096; // a power of two

    private readonly ConcurrentDictionary<string, Lease> _leaders = new(StringComparer.Ordinal);
    private readonly int[] _notKept = new int[Remembered];

    /// <summary>A lease if this request leads; null after a wait for another that led, or its time-out.</summary>
    public async ValueTask<Lease?> LeadOrWaitAsync(string key, CancellationToken cancellationToken)
    {
        var hash = HashOf(key);
        if (Volatile.Read(ref _notKept[hash & (Remembered - 1)]) == hash)
        {
            return null;
        }

        var own = new Lease(this, key, hash);
        var leader = _leaders.GetOrAdd(key, own);
        if (ReferenceEquals(leader, own))
        {
            return own;
        }

        try
        {
            await leader.Ended.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its answer takes long: this request goes on by itself.
        }

        return null;
    }

    // 0 is the empty place.
    private static int HashOf(string key) => string.GetHashCode(key, StringComparison.Ordinal) | 1;

    /// <summary>The lead; given back once, with what came of it.</summary>
    internal sealed class Lease(CollapsedRequests owner, string key, int hash)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        /// <param name="kept">Null if the exchange failed and says nothing about the next one.</param>
        public void End(bool? kept)
        {
            if (kept is { } known)
            {
                Volatile.Write(ref owner._notKept[hash & (Remembered - 1)], known ? 0 : hash);
            }

            owner._leaders.TryRemove(new(key, this));
            _ended.TrySetResult();
        }
    }
}
