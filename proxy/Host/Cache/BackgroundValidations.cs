using System.Collections.Concurrent;

namespace Swarm.Proxy.Cache;

/// <summary>Validations that no client waits for (RFC 5861 §3): one at a time for each answer, few in all, each for a limited time.</summary>
internal sealed class BackgroundValidations(CacheOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    public int Running => _running.Count;

    public void Start(string key, Func<CancellationToken, Task> validate)
    {
        if (_running.Count < options.BackgroundMax && _running.TryAdd(key, true))
        {
            _ = Task.Run(() => RunAsync(key, validate));
        }
    }

    private async Task RunAsync(string key, Func<CancellationToken, Task> validate)
    {
        using var limit = new CancellationTokenSource(options.BackgroundLimit, time);
        try
        {
            await validate(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // The answer stays stale; the next request asks for itself once the window is over.
        }
        finally
        {
            _running.TryRemove(key, out _);
        }
    }
}
