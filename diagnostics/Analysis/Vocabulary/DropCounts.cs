using System.Runtime.CompilerServices;

namespace Swarm.Diagnostics.Analysis;

/// <summary>How many segments were dropped for each <see cref="DropReason"/>. A value.</summary>
public struct DropCounts : IEquatable<DropCounts>
{
    private Counts _counts;

    public static IReadOnlyList<DropReason> Reasons { get; } = Enum.GetValues<DropReason>();

    public long this[DropReason reason]
    {
        readonly get => _counts[(int)reason];
        set => _counts[(int)reason] = value;
    }

    /// <summary>The reasons that occurred, the most frequent first.</summary>
    public readonly IReadOnlyList<(DropReason Reason, long Count)> Found()
    {
        var counts = this;
        return [.. Reasons.Select(r => (Reason: r, Count: counts[r])).Where(static c => c.Count > 0).OrderByDescending(static c => c.Count)];
    }

    public readonly bool Equals(DropCounts other) => ((ReadOnlySpan<long>)_counts).SequenceEqual(other._counts);

    public override readonly bool Equals(object? obj) => obj is DropCounts other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var count in (ReadOnlySpan<long>)_counts)
        {
            hash.Add(count);
        }

        return hash.ToHashCode();
    }

    public static bool operator ==(DropCounts a, DropCounts b) => a.Equals(b);

    public static bool operator !=(DropCounts a, DropCounts b) => !a.Equals(b);

    /// <summary>One for each <see cref="DropReason"/>.</summary>
    [InlineArray(8)]
    private struct Counts
    {
        private long _first;
    }
}
