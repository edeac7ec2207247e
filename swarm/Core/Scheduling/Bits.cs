using System.Numerics;

namespace Swarm.Core;

/// <summary>A bitmap over block numbers, searched 64 at a time. Ranges are clamped; nothing here throws on a foreign number.</summary>
internal sealed class Bits(int length)
{
    private ulong[] _words = new ulong[((long)length + 63) / 64];

    public int Length => length;

    public bool this[int bit] => (uint)bit < (uint)length && (_words[bit >> 6] >> bit & 1) != 0;

    public void Set(int bit) => _words[bit >> 6] |= 1UL << bit;

    public void Clear(int bit) => _words[bit >> 6] &= ~(1UL << bit);

    /// <summary>Bits 64·w to 64·w + 63.</summary>
    public ulong Word(int w) => _words[w];

    public void ClearAll() => Array.Clear(_words);

    public void SetRun(int from, int end) => Fill(from, end, true);

    public void ClearRun(int from, int end) => Fill(from, end, false);

    /// <summary>How many bits are set in from ≤ bit &lt; end.</summary>
    public int Count(int from, int end)
    {
        Clamp(ref from, ref end);
        var count = 0;
        for (var w = from >> 6; from < end; w++)
        {
            count += BitOperations.PopCount(_words[w] & Mask(w, from, end));
            from = (w + 1) << 6;
        }

        return count;
    }

    /// <summary>First set bit in from ≤ bit &lt; end, or -1.</summary>
    public int NextSet(int from, int end)
    {
        Clamp(ref from, ref end);
        for (var w = from >> 6; from < end; w++)
        {
            var word = _words[w] & Mask(w, from, end);
            if (word != 0)
            {
                return (w << 6) + BitOperations.TrailingZeroCount(word);
            }

            from = (w + 1) << 6;
        }

        return -1;
    }

    /// <summary>First clear bit in from ≤ bit &lt; end, or <paramref name="end"/>.</summary>
    public int NextClear(int from, int end)
    {
        Clamp(ref from, ref end);
        for (var w = from >> 6; from < end; w++)
        {
            var word = ~_words[w] & Mask(w, from, end);
            if (word != 0)
            {
                return (w << 6) + BitOperations.TrailingZeroCount(word);
            }

            from = (w + 1) << 6;
        }

        return end;
    }

    /// <summary>First bit in from ≤ bit &lt; end that is set here and in <paramref name="other"/> but not in <paramref name="except"/>, or -1.</summary>
    public int NextSet(int from, int end, Bits other, Bits? except)
    {
        Clamp(ref from, ref end);
        for (var w = from >> 6; from < end; w++)
        {
            var word = _words[w] & other._words[w] & Mask(w, from, end);
            if (except is not null)
            {
                word &= ~except._words[w];
            }

            if (word != 0)
            {
                return (w << 6) + BitOperations.TrailingZeroCount(word);
            }

            from = (w + 1) << 6;
        }

        return -1;
    }

    /// <summary>Last bit in from ≤ bit &lt; end that is set here and in <paramref name="other"/> but not in <paramref name="except"/>, or -1.</summary>
    public int LastSet(int from, int end, Bits other, Bits? except)
    {
        Clamp(ref from, ref end);
        for (var w = (end - 1) >> 6; end > from && w >= 0; w--)
        {
            var word = _words[w] & other._words[w] & Mask(w, from, end);
            if (except is not null)
            {
                word &= ~except._words[w];
            }

            if (word != 0)
            {
                return (w << 6) + 63 - BitOperations.LeadingZeroCount(word);
            }

            end = w << 6;
        }

        return -1;
    }

    /// <summary>The set bit with <paramref name="skip"/> set bits before it in from ≤ bit &lt; end; -1 when there are fewer, and then <paramref name="skip"/> is what was left.</summary>
    public int Nth(int from, int end, ref int skip)
    {
        Clamp(ref from, ref end);
        for (var w = from >> 6; from < end; w++)
        {
            var word = _words[w] & Mask(w, from, end);
            var count = BitOperations.PopCount(word);
            if (count > skip)
            {
                for (; skip > 0; skip--)
                {
                    word &= word - 1;
                }

                return (w << 6) + BitOperations.TrailingZeroCount(word);
            }

            skip -= count;
            from = (w + 1) << 6;
        }

        return -1;
    }

    public void Exchange(ref StateCodec codec) => codec.Array(ref _words, _words.Length);

    private static ulong Mask(int word, int from, int end)
    {
        var low = word << 6;
        var mask = ulong.MaxValue;
        if (from > low)
        {
            mask <<= from - low;
        }

        if (end - low < 64)
        {
            mask &= (1UL << (end - low)) - 1;
        }

        return mask;
    }

    private void Fill(int from, int end, bool value)
    {
        Clamp(ref from, ref end);
        for (var w = from >> 6; from < end; w++)
        {
            var mask = Mask(w, from, end);
            _words[w] = value ? _words[w] | mask : _words[w] & ~mask;
            from = (w + 1) << 6;
        }
    }

    private void Clamp(ref int from, ref int end)
    {
        from = Math.Max(from, 0);
        end = Math.Min(end, length);
    }
}
