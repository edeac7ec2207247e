using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Proxy.Cache;

/// <summary>A run of bytes of a representation; lists of them are in order and never touch.</summary>
internal sealed record StoredPart(long Offset, byte[] Bytes)
{
    /// <summary>Where the bytes lie on disk; set by the one that writes them.</summary>
    public AnswerPlace Place { get; set; } = AnswerPlace.None;

    public ByteRange Range => new(Offset, Bytes.Length);

    /// <summary>Adds a part of the same version: where runs meet or overlap they become one, the newer bytes counting.</summary>
    public static ImmutableArray<StoredPart> Join(ImmutableArray<StoredPart> parts, StoredPart added)
    {
        var apart = ImmutableArray.CreateBuilder<StoredPart>();
        foreach (var part in parts)
        {
            if (part.Range.End < added.Offset || added.Range.End < part.Offset)
            {
                apart.Add(part);
            }
            else
            {
                added = Merge(part, added);
            }
        }

        apart.Add(added);
        apart.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        return apart.ToImmutable();
    }

    private static StoredPart Merge(StoredPart older, StoredPart newer)
    {
        var start = Math.Min(older.Offset, newer.Offset);
        var bytes = new byte[Math.Max(older.Range.End, newer.Range.End) - start];
        older.Bytes.CopyTo(bytes, older.Offset - start);
        newer.Bytes.CopyTo(bytes, newer.Offset - start);
        return new(start, bytes);
    }
}
