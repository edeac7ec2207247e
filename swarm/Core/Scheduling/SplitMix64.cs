namespace Swarm.Core;

/// <summary>The SplitMix64 generator (Steele, Lea, Flood 2014): all the randomness of the core, its state a number in the state.</summary>
public struct SplitMix64(ulong seed)
{
    /// <summary>What a saved state keeps.</summary>
    public ulong State { readonly get; set; } = seed;

    public ulong Next()
    {
        State += 0x9E3779B97F4A7C15;
        return Mix(State);
    }

    /// <summary>A number in 0 ≤ n &lt; <paramref name="bound"/>; 0 when the bound is not positive.</summary>
    public int Next(int bound) => bound <= 0 ? 0 : (int)((UInt128)Next() * (uint)bound >> 64);

    /// <summary>The finaliser: a bijection that spreads every input bit over the word.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
