using System.Collections.Immutable;
using Swarm.Core;
using Swarm.Http;

namespace Swarm.Proxy.Cache;

/// <summary>One stored answer: its head and the bytes of it that are here. Immutable; an update makes another.</summary>
internal sealed class StoredAnswer(StoredHead head, ImmutableArray<StoredPart> parts, string protocol)
{
    /// <summary>What an entry costs besides its bytes: objects, references, the key's place in the table.</summary>
    private const int OverheadBytes = 1024;

    public StoredHead Head => head;

    public ImmutableArray<StoredPart> Parts => parts;

    /// <summary>The protocol it came by, for Via.</summary>
    public string Protocol => protocol;

    /// <summary>All bytes of the representation are here.</summary>
    public bool IsComplete { get; } = head.TotalLength is not { } total || total == 0 || (parts.Length == 1 && parts[0].Offset == 0 && parts[0].Bytes.Length == total);

    public long CostBytes { get; } = OverheadBytes + parts.Sum(p => (long)p.Bytes.Length) + head.Fields.Sum(f => 2L * (f.Name.Length + f.Value.Length));

    public StoredAnswer With(StoredHead newHead) => new(newHead, parts, protocol);

    /// <summary>The fields as they go on the wire but for Age; made at the first hit, for one node's name.</summary>
    public WireHead? Wire { get; set; }

    /// <summary>The bytes, if they lie in one part.</summary>
    public bool TryRead(ByteRange range, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (range.IsEmpty)
        {
            return true;
        }

        foreach (var part in parts)
        {
            if (part.Range.Contains(range))
            {
                bytes = part.Bytes.AsMemory((int)(range.Offset - part.Offset), (int)range.Length);
                return true;
            }
        }

        return false;
    }

    /// <summary>True if what the request wants of the representation is here. A HEAD wants no bytes, but the head of the whole.</summary>
    public bool Covers(string method, HttpFields request, DateTimeOffset now) =>
        IsComplete || (method == "GET" && StoredSelection.Needs(method, request, head, now).All(needed => TryRead(needed, out _)));
}
