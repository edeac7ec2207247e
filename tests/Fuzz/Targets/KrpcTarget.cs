using System.Buffers;
using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Datagrams of the DHT: bounded in every count, and what is written of them is read back as the same.</summary>
public sealed class KrpcTarget : IFuzzTarget
{
    private const string Id = "2:id20:abcdefghij0123456789";

    public string Name => "krpc";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            $"d1:ad{Id}e1:q4:ping1:t2:aa1:y1:qe",
            $"d1:ad{Id}6:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
            $"d1:ad{Id}9:info_hash20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee1:q9:get_peers2:roi1e1:t2:aa1:y1:qe",
            $"d1:ad{Id}12:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
            $"d2:ip6:1234561:rd{Id}5:nodes26:mnopqrstuvwxyz1234565678906:nodes638:mnopqrstuvwxyz123456123456789012345678e5:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re",
            "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "1:a", "1:q", "1:r", "1:e", "1:t", "1:y", Id, "5:nodes", "6:nodes6", "6:values", "4:want", "2:ro", "i1e", "le", "de", "i-1e", "i99999999999999999999e", "0:" }.Select(Encoding.Latin1.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (!Bep05Krpc.TryRead(input, out var message))
        {
            return;
        }

        FuzzFailure.Unless(message.Transaction.Length is > 0 and <= Bep05Krpc.MaxTransactionBytes, "a transaction is short");
        var written = new ArrayBufferWriter<byte>();
        switch (message.Kind)
        {
            case KrpcKind.Query:
                var query = message.Query;
                if (query.Method == KrpcMethod.Unknown)
                {
                    return;
                }

                Bep05Krpc.WriteQuery(written, query, message.Transaction.Span);
                FuzzFailure.Unless(
                    Bep05Krpc.TryRead(written.WrittenMemory, out var again) && again.Query.Token.Span.SequenceEqual(query.Token.Span)
                    && again.Query with { Token = default } == query with { Token = default, Port = again.Query.Port },
                    "a query is read back as it was");
                break;
            case KrpcKind.Response:
                var response = message.Response;
                FuzzFailure.Unless(response.Nodes.Count <= Bep05Krpc.MaxNodes && response.Nodes.All(n => n.EndPoint.Port > 0), "nodes are few and have ports");
                FuzzFailure.Unless(response.Peers.Count <= Bep05Krpc.MaxPeers && response.Peers.All(p => p.Port > 0), "peers are few and have ports");
                FuzzFailure.Unless(response.Token.Length <= Bep05Krpc.MaxTokenBytes, "a token is short");
                break;
            default:
                FuzzFailure.Unless(message.Error.Code >= 0 && !message.Error.Words.Any(char.IsControl), "words are safe to print");
                break;
        }
    }
}
