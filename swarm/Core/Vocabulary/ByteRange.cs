namespace Swarm.Core;

/// <summary>A half-open run of bytes: <c>Offset .. Offset + Length</c>. Both are non-negative and their sum fits a <see cref="long"/>.</summary>
public readonly record struct ByteRange(long Offset, long Length)
{
    public static readonly ByteRange Empty = new(0, 0);

    /// <summary>One past the last byte.</summary>
    public long End => Offset + Length;

    public bool IsEmpty => Length == 0;

    public static ByteRange FromBounds(long start, long end) => new(start, Math.Max(0, end - start));

    public bool Contains(long offset) => offset >= Offset && offset < End;

    public bool Contains(ByteRange other) => other.Offset >= Offset && other.End <= End;

    public bool Overlaps(ByteRange other) => Offset < other.End && other.Offset < End;

    public ByteRange Intersect(ByteRange other) =>
        FromBounds(Math.Max(Offset, other.Offset), Math.Min(End, other.End)) is { Length: > 0 } r ? r : Empty;

    public override string ToString() => $"{Offset}+{Length}";
}
