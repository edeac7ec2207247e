using System.Numerics;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>A fixed set of block numbers. Not thread-safe: guarded by its owner's lock.</summary>
internal sealed class BlockBits(int count)
{
    private readonly ulong[] _words = new ulong[(count + 63) / 64];

    public int Count { get; } = count;

    public int Population { get; private set; }

    public bool this[int block] => (_words[block >> 6] >> (block & 63) & 1) != 0;

    /// <summary>True if it was not in the set before.</summary>
    public bool Add(int block)
    {
        ref var word = ref _words[block >> 6];
        var bit = 1UL << (block & 63);
        if ((word & bit) != 0)
        {
            return false;
        }

        word |= bit;
        Population++;
        return true;
    }

    /// <summary>True if it was in the set.</summary>
    public bool Remove(int block)
    {
        ref var word = ref _words[block >> 6];
        var bit = 1UL << (block & 63);
        if ((word & bit) == 0)
        {
            return false;
        }

        word &= ~bit;
        Population--;
        return true;
    }

    /// <summary>The first member at or after <paramref name="from"/>, or -1.</summary>
    public int Next(int from)
    {
        if (from >= Count)
        {
            return -1;
        }

        var w = from >> 6;
        var bits = _words[w] & (ulong.MaxValue << (from & 63));
        while (bits == 0)
        {
            if (++w == _words.Length)
            {
                return -1;
            }

            bits = _words[w];
        }

        return (w << 6) + BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>The runs of members, ascending.</summary>
    public IEnumerable<BlockRun> Runs()
    {
        var at = Next(0);
        while (at >= 0)
        {
            var end = at + 1;
            while (end < Count && this[end])
            {
                end++;
            }

            yield return new(at, end - at);
            at = Next(end);
        }
    }
}
