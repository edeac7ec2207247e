using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer.Tests.Dht;

/// <summary>Datagrams of other nodes, and readings of ours.</summary>
internal static class KrpcPackets
{
    public static readonly NodeId Someone = NodeId.Read("someone in the table"u8);

    public static readonly NodeId Wanted = NodeId.Read("a torrent's info hash"u8);

    public static PeerEndpoint End(string text) => PeerEndpoint.TryParse(text, out var end) ? end : throw new FormatException(text);

    public static byte[] Query(KrpcQuery query)
    {
        var to = new ArrayBufferWriter<byte>();
        Bep05Krpc.WriteQuery(to, query, "aa"u8);
        return to.WrittenSpan.ToArray();
    }

    public static byte[] GetPeers(NodeId id) => Query(new(KrpcMethod.GetPeers, id, Wanted));

    /// <param name="asked">The query that this answers.</param>
    /// <param name="seen">Where it says that the query came from.</param>
    public static byte[] Response(byte[] asked, KrpcResponse response, PeerEndpoint seen)
    {
        var to = new ArrayBufferWriter<byte>();
        Bep05Krpc.WriteResponse(to, response, Read(asked).Transaction.Span, seen);
        return to.WrittenSpan.ToArray();
    }

    public static Bep05Krpc Read(byte[] bytes) => Bep05Krpc.TryRead(bytes, out var message) ? message : throw new FormatException(Convert.ToHexString(bytes));
}
