namespace Swarm.Core;

/// <summary>Number of a piece in its torrent (BEP 3), counted over all files.</summary>
public readonly record struct PieceIndex(int Value) : IComparable<PieceIndex>
{
    public int CompareTo(PieceIndex other) => Value.CompareTo(other.Value);
    public static bool operator <(PieceIndex a, PieceIndex b) => a.Value < b.Value;
    public static bool operator >(PieceIndex a, PieceIndex b) => a.Value > b.Value;
    public static bool operator <=(PieceIndex a, PieceIndex b) => a.Value <= b.Value;
    public static bool operator >=(PieceIndex a, PieceIndex b) => a.Value >= b.Value;
    public override string ToString() => $"piece {Value}";
}

/// <summary>Number of a 16 KiB block in a content: <c>content offset / 16384</c>. Counted over all files of a <see cref="ContentLayout"/>.</summary>
public readonly record struct BlockIndex(int Value) : IComparable<BlockIndex>
{
    public int CompareTo(BlockIndex other) => Value.CompareTo(other.Value);
    public static bool operator <(BlockIndex a, BlockIndex b) => a.Value < b.Value;
    public static bool operator >(BlockIndex a, BlockIndex b) => a.Value > b.Value;
    public static bool operator <=(BlockIndex a, BlockIndex b) => a.Value <= b.Value;
    public static bool operator >=(BlockIndex a, BlockIndex b) => a.Value >= b.Value;
    public override string ToString() => $"block {Value}";
}

/// <summary>A run of blocks: <c>First .. First + Count</c>.</summary>
public readonly record struct BlockRun(int First, int Count)
{
    public int End => First + Count;
    public bool Contains(int block) => block >= First && block < End;
    public override string ToString() => $"blocks {First}+{Count}";
}
