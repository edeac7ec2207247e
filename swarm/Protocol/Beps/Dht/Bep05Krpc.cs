using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Swarm.Protocol;

/// <summary>
/// A message of the DHT (BEP 5, with 32, 42 and 43): one bencoded dictionary in one datagram. Nothing throws and nothing is
/// believed: lengths, counts and depth are bounded, unknown keys are passed over.
/// <code>
/// query     d 1:a d 2:id20:… … e  1:q … 2:roi1e 1:t … 1:y1:q e
/// response  d 2:ip … 1:r d 2:id20:… … e  1:t … 1:y1:r e
/// error     d 1:e l i203e … e  2:ip … 1:t … 1:y1:e e
/// </code>
/// </summary>
public sealed class Bep05Krpc
{
    /// <summary>A message fits a packet of 1500 bytes that nothing on its way splits.</summary>
    public const int MaxDatagramBytes = 1472;

    /// <summary>What answers to queries carry back unchanged; other programs use 2, 4 or 8.</summary>
    public const int MaxTransactionBytes = 16;

    /// <summary>Tokens of known programs are 4 to 20 bytes long.</summary>
    public const int MaxTokenBytes = 64;

    /// <summary>K of BEP 5 is 8 nodes, for each of two families; some programs name 16.</summary>
    public const int MaxNodes = 32;

    /// <summary>All that fit.</summary>
    public const int MaxPeers = MaxDatagramBytes / (Bep23CompactPeers.EntryBytes + 2);

    private const int MaxWords = 80;

    // A dictionary in a dictionary with a list of strings, and room for what others add.
    private static readonly BencodeLimits Limits = new(MaxDatagramBytes, MaxDepth: 6, MaxValues: 400);

    private static ReadOnlySpan<byte> NodesKey => "nodes"u8;

    private static ReadOnlySpan<byte> Nodes6Key => "nodes6"u8;

    private Bep05Krpc(KrpcKind kind, ReadOnlyMemory<byte> transaction) => (Kind, Transaction) = (kind, transaction);

    public KrpcKind Kind { get; }

    /// <summary>Names the query that an answer is for.</summary>
    public ReadOnlyMemory<byte> Transaction { get; }

    /// <summary>Of a query only.</summary>
    public KrpcQuery Query { get; private init; }

    /// <summary>Of a response only.</summary>
    public KrpcResponse Response { get; private init; }

    /// <summary>Of an error only.</summary>
    public KrpcError Error { get; private init; }

    /// <summary>Where the answering node saw the query come from (BEP 42 <c>ip</c>).</summary>
    public PeerEndpoint? Seen { get; private init; }

    /// <summary>Reads a datagram; false for what is no message of the DHT.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> datagram, [NotNullWhen(true)] out Bep05Krpc? message)
    {
        message = null;
        // Keys come unsorted from some programs; the first byte alone keeps most noise from the parser.
        if (datagram.Length < 2 || datagram.Span[0] != (byte)'d' || !BencodeDocument.TryParse(datagram, out var document, out _, Limits, BencodeKeyOrder.Any))
        {
            return false;
        }

        var root = document.Root;
        var transaction = root["t"u8];
        var kind = root["y"u8].Bytes.Span;
        if (kind.Length != 1 || transaction.Kind != BencodeKind.Bytes || transaction.Bytes.Length is 0 or > MaxTransactionBytes)
        {
            return false;
        }

        message = kind[0] switch
        {
            (byte)'q' => ReadQuery(root, transaction.Bytes),
            (byte)'r' => ReadResponse(root, transaction.Bytes),
            (byte)'e' => ReadError(root, transaction.Bytes),
            _ => null,
        };
        return message is not null;
    }

    public static void WriteQuery(IBufferWriter<byte> to, in KrpcQuery query, ReadOnlySpan<byte> transaction)
    {
        var writer = new BencodeWriter(to);
        writer.BeginDictionary();
        writer.Bytes("a"u8);
        writer.BeginDictionary();
        WriteId(writer, "id"u8, query.Id);
        if (query.IsPortImplied)
        {
            WriteNumber(writer, "implied_port"u8, 1);
        }

        if (query.Method is KrpcMethod.GetPeers or KrpcMethod.AnnouncePeer)
        {
            WriteId(writer, "info_hash"u8, query.Target);
        }

        if (query.Method == KrpcMethod.AnnouncePeer)
        {
            WriteNumber(writer, "port"u8, query.Port);
        }

        if (query.Method == KrpcMethod.FindNode)
        {
            WriteId(writer, "target"u8, query.Target);
        }

        if (query.Method == KrpcMethod.AnnouncePeer)
        {
            writer.Bytes("token"u8);
            writer.Bytes(query.Token.Span);
        }

        if (query.Want != KrpcWant.None)
        {
            writer.Bytes("want"u8);
            writer.BeginList();
            WriteIf(writer, query.Want.HasFlag(KrpcWant.IPv4), "n4"u8);
            WriteIf(writer, query.Want.HasFlag(KrpcWant.IPv6), "n6"u8);
            writer.End();
        }

        writer.End();
        writer.Bytes("q"u8);
        writer.Bytes(NameOf(query.Method));
        if (query.IsReadOnly)
        {
            WriteNumber(writer, "ro"u8, 1);
        }

        WriteEnd(writer, transaction, "q"u8);
    }

    /// <param name="seen">Where the query came from.</param>
    public static void WriteResponse(IBufferWriter<byte> to, in KrpcResponse response, ReadOnlySpan<byte> transaction, PeerEndpoint seen)
    {
        var writer = new BencodeWriter(to);
        writer.BeginDictionary();
        WriteSeen(writer, seen);
        writer.Bytes("r"u8);
        writer.BeginDictionary();
        WriteId(writer, "id"u8, response.Id);
        WriteNodes(writer, NodesKey, response.Nodes, ipv6: false);
        WriteNodes(writer, Nodes6Key, response.Nodes, ipv6: true);
        if (!response.Token.IsEmpty)
        {
            writer.Bytes("token"u8);
            writer.Bytes(response.Token.Span);
        }

        if (response.Peers.Count > 0)
        {
            writer.Bytes("values"u8);
            writer.BeginList();
            Span<byte> entry = stackalloc byte[Bep07Ipv6Peers.EntryBytes];
            foreach (var peer in response.Peers)
            {
                writer.Bytes(WritePeer(peer, entry));
            }

            writer.End();
        }

        writer.End();
        WriteEnd(writer, transaction, "r"u8);
    }

    public static void WriteError(IBufferWriter<byte> to, in KrpcError error, ReadOnlySpan<byte> transaction)
    {
        var writer = new BencodeWriter(to);
        writer.BeginDictionary();
        writer.Bytes("e"u8);
        writer.BeginList();
        writer.Integer(error.Code);
        writer.Text(error.Words);
        writer.End();
        WriteEnd(writer, transaction, "e"u8);
    }

    private static Bep05Krpc? ReadQuery(BencodeValue root, ReadOnlyMemory<byte> transaction)
    {
        var arguments = root["a"u8];
        var method = MethodOf(root["q"u8].Bytes.Span);
        if (!TryReadId(arguments["id"u8], out var id) || root["q"u8].Kind != BencodeKind.Bytes)
        {
            return null;
        }

        var target = default(NodeId);
        var names = method == KrpcMethod.FindNode ? arguments["target"u8] : arguments["info_hash"u8];
        if (method is not (KrpcMethod.Ping or KrpcMethod.Unknown) && !TryReadId(names, out target))
        {
            return null;
        }

        var query = new KrpcQuery(method, id, target)
        {
            IsReadOnly = IsSet(root["ro"u8]),
            Want = ReadWant(arguments["want"u8]),
        };
        if (method == KrpcMethod.AnnouncePeer)
        {
            var token = arguments["token"u8].Bytes;
            var implied = IsSet(arguments["implied_port"u8]);
            var hasPort = arguments["port"u8].TryGetInteger(out var port) && port is > 0 and <= ushort.MaxValue;
            if (token.Length is 0 or > MaxTokenBytes || (!hasPort && !implied))
            {
                return null;
            }

            query = query with { Token = token, IsPortImplied = implied, Port = hasPort ? (ushort)port : (ushort)0 };
        }

        return new(KrpcKind.Query, transaction) { Query = query };
    }

    private static Bep05Krpc? ReadResponse(BencodeValue root, ReadOnlyMemory<byte> transaction)
    {
        var values = root["r"u8];
        var nodes = new List<NodeContact>();
        if (!TryReadId(values["id"u8], out var id)
            || !NodeContact.TryRead(values[NodesKey].Bytes.Span, ipv6: false, MaxNodes, nodes)
            || !NodeContact.TryRead(values[Nodes6Key].Bytes.Span, ipv6: true, MaxNodes, nodes))
        {
            return null;
        }

        var peers = new List<PeerEndpoint>();
        foreach (var value in values["values"u8].Items)
        {
            if (peers.Count < MaxPeers)
            {
                _ = ReadPeer(value.Bytes.Span, peers);
            }
        }

        var token = values["token"u8].Bytes;
        return new(KrpcKind.Response, transaction)
        {
            Response = new(id) { Nodes = nodes, Peers = peers, Token = token.Length <= MaxTokenBytes ? token : default },
            Seen = ReadSeen(root),
        };
    }

    private static Bep05Krpc ReadError(BencodeValue root, ReadOnlyMemory<byte> transaction)
    {
        long code = KrpcError.Generic;
        var words = "";
        foreach (var item in root["e"u8].Items)
        {
            if (item.TryGetInteger(out var number))
            {
                code = number is >= 0 and <= int.MaxValue ? number : KrpcError.Generic;
            }
            else if (words.Length == 0)
            {
                words = TrackerResponse.Text(item.Bytes.Span);
            }
        }

        return new(KrpcKind.Error, transaction) { Error = new((int)code, words.Length > MaxWords ? words[..MaxWords] : words), Seen = ReadSeen(root) };
    }

    private static PeerEndpoint? ReadSeen(BencodeValue root)
    {
        var one = new List<PeerEndpoint>(1);
        return ReadPeer(root["ip"u8].Bytes.Span, one) && one.Count == 1 ? one[0] : null;
    }

    private static bool ReadPeer(ReadOnlySpan<byte> entry, List<PeerEndpoint> to) => entry.Length switch
    {
        Bep23CompactPeers.EntryBytes => Bep23CompactPeers.TryRead(entry, to),
        Bep07Ipv6Peers.EntryBytes => Bep07Ipv6Peers.TryRead(entry, to),
        _ => false,
    };

    private static KrpcWant ReadWant(BencodeValue list)
    {
        var want = KrpcWant.None;
        foreach (var item in list.Items)
        {
            var family = item.Bytes.Span;
            want |= family.SequenceEqual("n4"u8) ? KrpcWant.IPv4 : family.SequenceEqual("n6"u8) ? KrpcWant.IPv6 : KrpcWant.None;
        }

        return want;
    }

    private static bool TryReadId(BencodeValue value, out NodeId id)
    {
        var ok = value.Bytes.Length == NodeId.Size;
        id = ok ? NodeId.Read(value.Bytes.Span) : default;
        return ok;
    }

    private static bool IsSet(BencodeValue value) => value.TryGetInteger(out var number) && number != 0;

    private static KrpcMethod MethodOf(ReadOnlySpan<byte> name)
    {
        for (var method = KrpcMethod.Ping; method <= KrpcMethod.AnnouncePeer; method++)
        {
            if (name.SequenceEqual(NameOf(method)))
            {
                return method;
            }
        }

        return KrpcMethod.Unknown;
    }

    private static ReadOnlySpan<byte> NameOf(KrpcMethod method) => method switch
    {
        KrpcMethod.Ping => "ping"u8,
        KrpcMethod.FindNode => "find_node"u8,
        KrpcMethod.GetPeers => "get_peers"u8,
        KrpcMethod.AnnouncePeer => "announce_peer"u8,
        _ => ""u8,
    };

    private static void WriteId(BencodeWriter writer, ReadOnlySpan<byte> key, NodeId id)
    {
        Span<byte> bytes = stackalloc byte[NodeId.Size];
        id.Write(bytes);
        writer.Bytes(key);
        writer.Bytes(bytes);
    }

    private static void WriteNumber(BencodeWriter writer, ReadOnlySpan<byte> key, long number)
    {
        writer.Bytes(key);
        writer.Integer(number);
    }

    private static void WriteIf(BencodeWriter writer, bool condition, ReadOnlySpan<byte> value)
    {
        if (condition)
        {
            writer.Bytes(value);
        }
    }

    private static void WriteNodes(BencodeWriter writer, ReadOnlySpan<byte> key, IReadOnlyList<NodeContact> nodes, bool ipv6)
    {
        Span<byte> compact = stackalloc byte[MaxNodes * NodeContact.IPv6Bytes];
        var length = 0;
        foreach (var node in nodes)
        {
            if (node.EndPoint.IsIPv4 != ipv6 && length <= compact.Length - NodeContact.IPv6Bytes)
            {
                node.Write(compact[length..]);
                length += ipv6 ? NodeContact.IPv6Bytes : NodeContact.IPv4Bytes;
            }
        }

        if (length > 0)
        {
            writer.Bytes(key);
            writer.Bytes(compact[..length]);
        }
    }

    private static ReadOnlySpan<byte> WritePeer(PeerEndpoint peer, Span<byte> to)
    {
        if (peer.IsIPv4)
        {
            Bep23CompactPeers.Write(peer, to);
            return to[..Bep23CompactPeers.EntryBytes];
        }

        Bep07Ipv6Peers.Write(peer, to);
        return to[..Bep07Ipv6Peers.EntryBytes];
    }

    private static void WriteSeen(BencodeWriter writer, PeerEndpoint seen)
    {
        writer.Bytes("ip"u8);
        writer.Bytes(WritePeer(seen, stackalloc byte[Bep07Ipv6Peers.EntryBytes]));
    }

    private static void WriteEnd(BencodeWriter writer, ReadOnlySpan<byte> transaction, ReadOnlySpan<byte> kind)
    {
        writer.Bytes("t"u8);
        writer.Bytes(transaction);
        writer.Bytes("y"u8);
        writer.Bytes(kind);
        writer.End();
    }
}
