using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Shares out what is scarce on the node: memory for blocks, dials, origin runs, hedge tokens. Pure: callers say what
/// happened, it answers with grants, and each grant reaches a loop as a logged event, so that every log replays alone.
/// </summary>
/// <param name="memoryBytes">Blocks in memory, all loops together.</param>
/// <param name="maxDials">Connections being opened at once (half-open limit).</param>
/// <param name="uploads">Rate and slots of what is given to peers.</param>
public sealed class Governor(long memoryBytes, int maxDials, UploadBudget? uploads = null)
{
    /// <summary>Enough for the urgent window of one film even when many swarms are open.</summary>
    private const long MinWindowBytes = 4 << 20;

    private readonly SortedDictionary<int, int> _readersByLoop = [];
    private int _dials;

    /// <summary>Rate and slots of what is given to peers, and who has them.</summary>
    public UploadBudget Uploads { get; } = uploads ?? new(null, 0);

    /// <summary>Half-open dials now.</summary>
    public int Dials => _dials;

    /// <summary>A loop has this many readers now; none takes it out. Returns the grants that change, for every loop.</summary>
    public IReadOnlyList<(int Loop, GrantKind Kind, long Amount)> ReadersChanged(int loop, int readers)
    {
        // Below zero for a moment, when a reader's closing overtakes its opening on another thread.
        if (readers <= 0)
        {
            _readersByLoop.Remove(loop);
        }
        else
        {
            _readersByLoop[loop] = readers;
        }

        var active = Math.Max(1, _readersByLoop.Count);
        var window = Math.Max(MinWindowBytes, memoryBytes / 2 / active);
        var grants = new List<(int, GrantKind, long)>(2 * _readersByLoop.Count);
        foreach (var (id, count) in _readersByLoop)
        {
            grants.Add((id, GrantKind.MemoryWindowBytes, window));
            // A client's own request is never refused its origin: as many runs as readers.
            grants.Add((id, GrantKind.OriginRuns, count));
        }

        return grants;
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

    public void DialEnded() => _dials = Math.Max(0, _dials - 1);
}
