namespace Swarm.Core;

/// <summary>The origin runs of a swarm, at most one a source; few, so a list in order of asking.</summary>
internal sealed class OriginRuns
{
    private OriginRun[] _runs = new OriginRun[4];
    private int _count;
    private bool _released;
    private long _sufficientSinceMicros = -1;

    public int Count => _count;

    /// <summary>The peers carry the readers alone; the origin is asked again only when they fall clearly short.</summary>
    public bool Released { get => _released; set => _released = value; }

    /// <summary>Since when peers are faster than the origin; -1 = they are not.</summary>
    public long SufficientSinceMicros { get => _sufficientSinceMicros; set => _sufficientSinceMicros = value; }

    public ref OriginRun this[int index] => ref _runs[index];

    public Span<OriginRun> All => _runs.AsSpan(0, _count);

    public int IndexOf(int slot)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_runs[i].Slot == slot)
            {
                return i;
            }
        }

        return -1;
    }

    public ref OriginRun Add(in OriginRun run)
    {
        if (_count == _runs.Length)
        {
            Array.Resize(ref _runs, 2 * _count);
        }

        _runs[_count] = run;
        return ref _runs[_count++];
    }

    public void RemoveAt(int index)
    {
        Array.Copy(_runs, index + 1, _runs, index, _count - index - 1);
        _runs[--_count] = default;
    }

    /// <summary>The first block from <paramref name="block"/> on that no run claims.</summary>
    public int SkipClaims(int block)
    {
        for (var i = 0; i < _count; i++)
        {
            ref readonly var run = ref _runs[i];
            if (block >= run.Next && block < run.ClaimEnd)
            {
                block = run.ClaimEnd;
                i = -1; // claims may touch each other
            }
        }

        return block;
    }

    /// <summary>The first claimed block in from ≤ block &lt; end, or <paramref name="end"/>.</summary>
    public int NextClaim(int from, int end)
    {
        foreach (ref readonly var run in All)
        {
            if (run.ClaimEnd > from && run.Next < end && run.Next < run.ClaimEnd)
            {
                end = Math.Max(from, run.Next);
            }
        }

        return end;
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _count);
        codec.Array(ref _runs, _count);
        codec.Value(ref _released);
        codec.Value(ref _sufficientSinceMicros);
    }
}
