using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Shares out what is scarce on the node: memory for blocks, dials, origin runs, hedge tokens. Pure: callers say what
/// happened, it answers with grants, and each grant reaches a loop as a logged event, so that every log replays alone.
/// </summary>
/// <param name="memoryBytes">Blocks in memory, all loops together.</param>
/// <param name="maxDials">Connections being opened at once (half-open limit).</param>
public sealed class Governor(long memoryBytes, int maxDials)
{
    /// <summary>Enough for the urgent window of one film even when many swarms are open.</summary>
    private const long MinWindowBytes = 4 << 20;

    private readonly SortedDictionary<int, int> _readersByLoop = [];
    private int _dials;

    /// <summary>Half-open dials now.</summary>
    public int Dials => _dials;

    /// <summary>A loop has this many readers now; 0 takes it out. Returns the grants that change for every loop.</summary>
    public IEnumerable<(int Loop, GrantKind Kind, long Amount)> ReadersChanged(int loop, int readers)
    {
        if (readers == 0)
        {
            _readersByLoop.Remove(loop);
        }
        else
        {
            _readersByLoop[loop] = readers;
        }

        var active = Math.Max(1, _readersByLoop.Count);
        var window = Math.Max(MinWindowBytes, memoryBytes / 2 / active);
        foreach (var (id, count) in _readersByLoop)
        {
            yield return (id, GrantKind.MemoryWindowBytes, window);
            // A client's own request is never refused its origin: as many runs as readers.
            yield return (id, GrantKind.OriginRuns, Math.Max(1, count));
        }
    }

    /// <summary>True if one more dial may start; the caller ends it with <see cref="DialEnded"/>.</summary>
    public bool TryStartDial()
    {
        if (_dials >= maxDials)
        {
            return false;
        }

        _dials++;
        return true;
    }

    public void DialEnded() => _dials--;
}
