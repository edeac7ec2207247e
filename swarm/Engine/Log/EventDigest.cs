using System.Buffers.Binary;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>A rolling 64-bit digest over the records of a log: a flipped bit is found even where no decision depends on it. No defence against an adversary.</summary>
internal struct EventDigest
{
    /// <summary>Digest of everything added so far; 0 for nothing.</summary>
    public ulong Value { get; private set; }

    /// <param name="record">One record of <see cref="SwarmEvent.Size"/> bytes.</param>
    public void Add(ReadOnlySpan<byte> record)
    {
        var value = Value + 0x9E3779B97F4A7C15;
        for (; record.Length >= sizeof(ulong); record = record[sizeof(ulong)..])
        {
            value = SplitMix64.Mix(value ^ BinaryPrimitives.ReadUInt64LittleEndian(record));
        }

        foreach (var b in record)
        {
            value = SplitMix64.Mix(value ^ b);
        }

        Value = value;
    }
}
