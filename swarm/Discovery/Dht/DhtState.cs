using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What outlives a run: the ids, so that others find us where we stood, and nodes that were good. Bencoded, the nodes as answers carry them.</summary>
internal sealed record DhtState(NodeId? Id4, NodeId? Id6, IReadOnlyList<NodeContact> Nodes)
{
    /// <summary>Of each family: 38 bytes at most.</summary>
    public const int MaxNodes = 64;

    public static readonly DhtState None = new(null, null, []);

    /// <summary>Anything that cannot be read is as good as nothing: a new node finds its way too.</summary>
    public static DhtState Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || !BencodeDocument.TryParse(bytes, out var document, out _))
        {
            return None;
        }

        var nodes = new List<NodeContact>();
        _ = NodeContact.TryRead(document.Root["nodes"u8].Bytes.Span, ipv6: false, MaxNodes, nodes);
        _ = NodeContact.TryRead(document.Root["nodes6"u8].Bytes.Span, ipv6: true, 2 * MaxNodes, nodes);
        return new(Id(document.Root["id4"u8]), Id(document.Root["id6"u8]), nodes);
    }

    public byte[] ToBytes()
    {
        var root = BencodeTree.Dictionary();
        Set(root, "id4", Id4);
        Set(root, "id6", Id6);
        root.Set("nodes", Compact(ipv6: false, NodeContact.IPv4Bytes));
        root.Set("nodes6", Compact(ipv6: true, NodeContact.IPv6Bytes));
        return root.ToArray();
    }

    private static NodeId? Id(BencodeValue value) => value.Bytes.Length == NodeId.Size ? NodeId.Read(value.Bytes.Span) : null;

    private static void Set(BencodeTree root, string key, NodeId? id) => root.Set(key, id is { } known ? BencodeTree.Bytes(known.ToWireHash().ToArray()) : null);

    private BencodeTree Compact(bool ipv6, int entryBytes)
    {
        var family = Nodes.Where(n => n.EndPoint.IsIPv4 != ipv6).ToArray();
        var bytes = new byte[family.Length * entryBytes];
        for (var i = 0; i < family.Length; i++)
        {
            family[i].Write(bytes.AsSpan(i * entryBytes));
        }

        return BencodeTree.Bytes(bytes);
    }
}
