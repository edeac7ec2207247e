using System.Collections.Concurrent;
using Swarm.Http;

namespace Swarm.Proxy.Cache;

/// <summary>
/// Stored answers by URL, in memory, within a limit of bytes. Reads take no lock; what is evicted is the longest unused, by second chance.
/// </summary>
internal sealed class AnswerStore(long maxBytes)
{
    private const int Remembered = 4096; // a power of two; an answer that took longer than so many invalidations is not kept

    private readonly string?[] _invalidated = new string?[Remembered]; // null: all URLs
    private long _invalidations;
    private readonly ConcurrentDictionary<string, StoredResource> _byUrl = new(StringComparer.Ordinal);
    private readonly Queue<StoredResource> _clock = new();
    private readonly Lock _gate = new();
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Count => _byUrl.Count;

    public StoredResource? Find(string url) => _byUrl.GetValueOrDefault(url);

    /// <summary>Where the invalidations stand: an answer asked for before one of its URL must not be kept after it.</summary>
    public long Mark => Volatile.Read(ref _invalidations);

    /// <summary>Keeps an answer in place of those that its request selects.</summary>
    /// <param name="mark">By <see cref="Mark"/>, before the origin was asked.</param>
    public void Put(string url, StoredAnswer answer, HttpFields request, long mark)
    {
        if (answer.CostBytes > maxBytes)
        {
            return;
        }

        lock (_gate)
        {
            if (WasInvalidatedSince(mark, url))
            {
                return;
            }

            if (!_byUrl.TryGetValue(url, out var resource))
            {
                resource = new(url);
                _byUrl[url] = resource;
                _clock.Enqueue(resource);
            }
            else
            {
                _bytes -= resource.CostBytes;
            }

            resource.Put(answer, request);
            _bytes += resource.CostBytes;
            Evict();
        }
    }

    /// <summary>Exchanges an answer for a freshened one, or takes it out; nothing if it is gone already.</summary>
    public void Replace(string url, StoredAnswer old, StoredAnswer? by)
    {
        lock (_gate)
        {
            if (!_byUrl.TryGetValue(url, out var resource))
            {
                return;
            }

            var before = resource.CostBytes;
            if (resource.Replace(old, by))
            {
                _bytes += resource.CostBytes - before;
            }

            if (resource.Answers.IsEmpty)
            {
                Remove(resource);
            }
        }
    }

    /// <summary>Forgets all answers of a URL; true if there were any.</summary>
    public bool Invalidate(string url)
    {
        lock (_gate)
        {
            Remember(url);
            return _byUrl.TryGetValue(url, out var resource) && Remove(resource);
        }
    }

    /// <summary>Forgets everything; says how many URLs that were.</summary>
    public int Clear()
    {
        lock (_gate)
        {
            Remember(null);
            var count = _byUrl.Count;
            foreach (var resource in _byUrl.Values)
            {
                Remove(resource);
            }

            _clock.Clear();
            return count;
        }
    }

    private void Remember(string? url)
    {
        _invalidated[_invalidations & (Remembered - 1)] = url;
        Volatile.Write(ref _invalidations, _invalidations + 1);
    }

    private bool WasInvalidatedSince(long mark, string url)
    {
        if (_invalidations - mark > Remembered)
        {
            return true;
        }

        for (var i = mark; i < _invalidations; i++)
        {
            if (_invalidated[i & (Remembered - 1)] is not { } other || other == url)
            {
                return true;
            }
        }

        return false;
    }

    private bool Remove(StoredResource resource)
    {
        resource.IsRemoved = true;
        _bytes -= resource.CostBytes;
        return _byUrl.TryRemove(resource.Url, out _);
    }

    private void Evict()
    {
        while (_bytes > maxBytes && _clock.TryDequeue(out var resource))
        {
            if (resource.IsRemoved)
            {
                continue;
            }

            if (resource.TakeUse())
            {
                _clock.Enqueue(resource);
            }
            else
            {
                Remove(resource);
            }
        }

        // Removed entries leave the queue when it comes to them; without pressure on the limit it would only grow.
        if (_clock.Count > 2 * (_byUrl.Count + 16))
        {
            for (var i = _clock.Count; i > 0; i--)
            {
                if (_clock.Dequeue() is { IsRemoved: false } alive)
                {
                    _clock.Enqueue(alive);
                }
            }
        }
    }
}
