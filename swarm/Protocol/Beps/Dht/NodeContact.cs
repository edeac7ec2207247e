namespace Swarm.Protocol;

/// <summary>
/// A DHT node as answers name it (BEP 5 "compact node info", BEP 32 for IPv6): its id, its address, its UDP port.
/// <code>
/// | id (20) | a.b.c.d (4)  | port (2) |
/// | id (20) | address (16) | port (2) |
/// </code>
/// </summary>
public readonly record struct NodeContact(NodeId Id, PeerEndpoint EndPoint)
{
    public const int IPv4Bytes = NodeId.Size + Bep23CompactPeers.EntryBytes;

    public const int IPv6Bytes = NodeId.Size + Bep07Ipv6Peers.EntryBytes;

    /// <summary>Appends the nodes of a compact list, <paramref name="max"/> at most; those without address or port are left out. False if the length is no multiple of an entry.</summary>
    public static bool TryRead(ReadOnlySpan<byte> compact, bool ipv6, int max, ICollection<NodeContact> to)
    {
        var entry = ipv6 ? IPv6Bytes : IPv4Bytes;
        if (compact.Length % entry != 0)
        {
            return false;
        }

        for (; !compact.IsEmpty && to.Count < max; compact = compact[entry..])
        {
            var endPoint = PeerEndpoint.FromBytes(compact[NodeId.Size..(entry - 2)], (ushort)((compact[entry - 2] << 8) | compact[entry - 1]));
            // An IPv4 address in IPv6 clothes would be one family's node in the other's table.
            if (endPoint.Port != 0 && !endPoint.IsUnspecified && endPoint.IsIPv4 != ipv6)
            {
                to.Add(new(NodeId.Read(compact), endPoint));
            }
        }

        return true;
    }

    /// <summary>Writes 26 bytes of an IPv4 node, 38 of an IPv6 one.</summary>
    public void Write(Span<byte> to)
    {
        Id.Write(to);
        if (EndPoint.IsIPv4)
        {
            Bep23CompactPeers.Write(EndPoint, to[NodeId.Size..]);
        }
        else
        {
            Bep07Ipv6Peers.Write(EndPoint, to[NodeId.Size..]);
        }
    }

    public override string ToString() => $"{Id}@{EndPoint}";
}
