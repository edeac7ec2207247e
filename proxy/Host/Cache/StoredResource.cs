using System.Collections.Immutable;
using Swarm.Http;

namespace Swarm.Proxy.Cache;

/// <summary>The stored answers of one URL: one for each partition and set of selecting fields. Written under the store's lock, read without.</summary>
internal sealed class StoredResource(string url)
{
    /// <summary>A resource that varies more than this is not worth its room; the oldest answer goes.</summary>
    private const int AnswersMax = 32;

    private ImmutableArray<StoredAnswer> _answers = [];
    private int _used;

    public string Url => url;

    public ImmutableArray<StoredAnswer> Answers => _answers;

    /// <summary>Set when it leaves the store, so that the eviction queue knows.</summary>
    public bool IsRemoved { get; set; }

    public long CostBytes => _answers.Sum(a => a.CostBytes) + (2L * url.Length);

    /// <summary>The newest answer that the request selects (RFC 9111 §4.1); null if none.</summary>
    public StoredAnswer? Find(string partition, HttpFields request)
    {
        Volatile.Write(ref _used, 1);
        foreach (var answer in _answers)
        {
            if (answer.Head.Partition == partition && answer.Head.Selecting.Match(request))
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>The same without a look at the request: for an answer alone in its partition and without Vary.</summary>
    public StoredAnswer? FindPlain(string partition)
    {
        Volatile.Write(ref _used, 1);
        StoredAnswer? found = null;
        foreach (var answer in _answers)
        {
            if (answer.Head.Partition == partition)
            {
                if (found is not null || answer.Head.Selecting.Count > 0)
                {
                    return null;
                }

                found = answer;
            }
        }

        return found;
    }

    /// <summary>True once after each use: what was used since the last look gets a second chance.</summary>
    public bool TakeUse() => Interlocked.Exchange(ref _used, 0) == 1;

    /// <summary>Puts an answer first and takes out those that the same request selects.</summary>
    public void Put(StoredAnswer answer, HttpFields request)
    {
        var kept = _answers.Where(a => a.Head.Partition != answer.Head.Partition || !a.Head.Selecting.Match(request)).Take(AnswersMax - 1);
        _answers = [answer, .. kept];
    }

    /// <summary>The answers as they were, newest first; for a resource that has none.</summary>
    public void Restore(ImmutableArray<StoredAnswer> answers) => _answers = answers;

    public bool Replace(StoredAnswer old, StoredAnswer? by)
    {
        var at = _answers.IndexOf(old);
        if (at >= 0)
        {
            _answers = by is null ? _answers.RemoveAt(at) : _answers.SetItem(at, by);
        }

        return at >= 0;
    }
}
