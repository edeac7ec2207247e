using System.Collections.Concurrent;
using System.Collections.Immutable;
using Swarm.Http;

namespace Swarm.Proxy.Cache;

/// <summary>
/// Stored answers by URL, in memory, within a limit of bytes. Reads take no lock; what is evicted is the longest unused, by second chance.
/// </summary>
/// <param name="disk">Where they are kept too, and read again once they left the memory; null for nowhere.</param>
internal sealed class AnswerStore(long maxBytes, AnswerDisk? disk = null)
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

    public AnswerDisk? Disk => disk;

    public CacheCounters Counters { get; } = new();

    public StoredResource? Find(string url) => _byUrl.GetValueOrDefault(url);

    /// <summary>Where the invalidations stand: an answer asked for before one of its URL must not be kept after it.</summary>
    public long Mark => Volatile.Read(ref _invalidations);

    /// <summary>True if the answers of a URL have to be brought into memory before they can be found.</summary>
    public bool IsOnDiskOnly(string url) => disk is not null && !_byUrl.ContainsKey(url) && disk.Knows(url);

    /// <summary>Brings the answers of a URL from the disk, unless others came meanwhile.</summary>
    public async ValueTask RestoreAsync(string url, CancellationToken cancel)
    {
        var mark = Mark;
        var (answers, place) = await disk!.LoadAsync(url, cancel).ConfigureAwait(false);
        if (answers.IsEmpty)
        {
            return;
        }

        lock (_gate)
        {
            // Whatever changed the URL since has taken its place away.
            if (_byUrl.ContainsKey(url) || !disk.IsCurrent(url, place) || WasInvalidatedSince(mark, url))
            {
                return;
            }

            var resource = new StoredResource(url);
            resource.Restore(answers);
            if (resource.CostBytes > maxBytes)
            {
                return;
            }

            _byUrl[url] = resource;
            _clock.Enqueue(resource);
            _bytes += resource.CostBytes;
            Evict();
        }
    }

    /// <summary>The answers of a URL in memory; empty for none.</summary>
    public ImmutableArray<StoredAnswer> AnswersOf(string url) => Find(url)?.Answers ?? [];

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
            disk?.Changed(url);
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
                disk?.Changed(url);
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
            var wasHere = _byUrl.TryGetValue(url, out var resource) && Remove(resource);
            var wasThere = disk?.Knows(url) ?? false;
            if (wasHere || wasThere)
            {
                disk?.Changed(url);
            }

            return wasHere || wasThere;
        }
    }

    /// <summary>Forgets everything; says how many URLs that were.</summary>
    public int Clear()
    {
        List<string> urls;
        lock (_gate)
        {
            Remember(null);
            urls = [.. _byUrl.Keys];
            foreach (var resource in _byUrl.Values)
            {
                Remove(resource);
            }

            _clock.Clear();
        }

        return urls.Count + (disk?.Clear(urls) ?? 0);
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
