namespace Swarm.Core;

/// <summary>
/// A rolling 64-bit digest over decisions in order: the event log stores it now and then, replay compares it. It detects
/// divergence; it is no defence against an adversary.
/// </summary>
public struct DecisionDigest
{
    /// <summary>Digest of everything added so far; 0 for nothing.</summary>
    public ulong Value { get; private set; }

    /// <summary>How many decisions were added.</summary>
    public long Count { get; private set; }

    public void Add(in Decision decision)
    {
        var head = ((ulong)decision.Kind << 56) ^ ((ulong)(uint)decision.Source << 24) ^ (uint)decision.Count;
        Value = SplitMix64.Mix(Value + 0x9E3779B97F4A7C15 + head);
        Value = SplitMix64.Mix(Value ^ (uint)decision.First ^ ((ulong)decision.At.Micros << 20) ^ ((ulong)decision.At.Micros >> 44));
        Count++;
    }

    public void Add(ReadOnlySpan<Decision> decisions)
    {
        foreach (ref readonly var decision in decisions)
        {
            Add(decision);
        }
    }
}
