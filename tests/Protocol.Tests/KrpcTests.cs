using System.Buffers;
using System.Globalization;
using System.Text;

namespace Swarm.Protocol.Tests;

/// <summary>The DHT's messages, as BEP 5, 32, 42 and 43 lay them out.</summary>
public sealed class KrpcTests
{
    private static readonly NodeId Asker = NodeId.Read("abcdefghij0123456789"u8);
    private static readonly NodeId Target = NodeId.Read("mnopqrstuvwxyz123456"u8);

    public static TheoryData<string> Messages() => [.. Golden.Cases("dht", "messages.txt").Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_IsReadAsItStands(string name)
    {
        var (_, input, expected) = Golden.Cases("dht", "messages.txt").Single(c => c.Name == name);
        Assert.Equal(expected, Describe(Bytes(input)));
    }

    [Theory]
    [InlineData("ping (BEP 5's example)")]
    [InlineData("find_node (BEP 5's example)")]
    [InlineData("get_peers, read-only (BEP 43), for both families (BEP 32)")]
    [InlineData("announce_peer (BEP 5's example)")]
    public void Query_IsWrittenAsTheBepShowsIt(string name)
    {
        var expected = Bytes(Golden.Cases("dht", "messages.txt").Single(c => c.Name == name).Input);
        Assert.True(Bep05Krpc.TryRead(expected, out var read));
        var written = new ArrayBufferWriter<byte>();

        Bep05Krpc.WriteQuery(written, read.Query, read.Transaction.Span);

        Assert.Equal(expected, written.WrittenSpan.ToArray());
    }

    [Fact]
    public void Response_WithEverything_IsReadBackAsItWas()
    {
        var response = new KrpcResponse(Asker)
        {
            Nodes = [new(Target, End("5.6.7.8:6882")), new(Asker, End("[2001:db8::1]:6883"))],
            Peers = [End("1.2.3.4:6881"), End("[2001:db8::2]:6884")],
            Token = "aoeusnth"u8.ToArray(),
        };
        var written = new ArrayBufferWriter<byte>();

        Bep05Krpc.WriteResponse(written, response, "aa"u8, End("9.8.7.6:1000"));

        Assert.True(Bep05Krpc.TryRead(written.WrittenMemory, out var read));
        Assert.Equal((Asker, (PeerEndpoint?)End("9.8.7.6:1000"), "aoeusnth"), (read.Response.Id, read.Seen, Encoding.ASCII.GetString(read.Response.Token.Span)));
        Assert.Equal(response.Nodes, read.Response.Nodes);
        Assert.Equal(response.Peers, read.Response.Peers);
    }

    [Fact]
    public void Error_IsWrittenAsTheBepShowsIt()
    {
        var written = new ArrayBufferWriter<byte>();
        Bep05Krpc.WriteError(written, new(KrpcError.Generic, "A Generic Error Ocurred"), "aa"u8);
        Assert.Equal("d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee", Encoding.ASCII.GetString(written.WrittenSpan));
    }

    [Fact]
    public void Datagram_ThatNoPacketCarries_IsNoMessage()
    {
        var padding = new string('x', Bep05Krpc.MaxDatagramBytes);
        var tooLong = Encoding.ASCII.GetBytes($"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:x{padding.Length}:{padding}1:y1:qe");
        Assert.False(Bep05Krpc.TryRead(tooLong, out _));
    }

    private static string Describe(byte[] bytes)
    {
        if (!Bep05Krpc.TryRead(bytes, out var m))
        {
            return "nothing";
        }

        var text = new StringBuilder(m.Kind.ToString().ToLowerInvariant()).Append(' ').Append(Words(m.Transaction.Span)).Append(' ');
        switch (m.Kind)
        {
            case KrpcKind.Query:
                var q = m.Query;
                text.Append(q.Method switch { KrpcMethod.FindNode => "find_node", KrpcMethod.GetPeers => "get_peers", KrpcMethod.AnnouncePeer => "announce_peer", _ => q.Method.ToString().ToLowerInvariant() });
                text.Append(q.Target == default ? "" : $" {q.Target}").Append(" from ").Append(q.Id).Append(q.Want == KrpcWant.None ? "" : $" want {q.Want}").Append(q.IsReadOnly ? " read-only" : "");
                text.Append(q.Method == KrpcMethod.AnnouncePeer ? $" port {q.Port}{(q.IsPortImplied ? " implied" : "")} token {Words(q.Token.Span)}" : "");
                break;
            case KrpcKind.Response:
                var r = m.Response;
                text.Append("from ").Append(r.Id).Append(m.Seen is { } seen ? $" seen {seen}" : "").Append(r.Token.IsEmpty ? "" : $" token {Words(r.Token.Span)}");
                text.Append(r.Nodes.Count == 0 ? "" : $" nodes {string.Join(' ', r.Nodes)}").Append(r.Peers.Count == 0 ? "" : $" peers {string.Join(' ', r.Peers)}");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture, $"{m.Error.Code} {m.Error.Words}");
                break;
        }

        return text.ToString();
    }

    private static string Words(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexStringLower(bytes) : Encoding.ASCII.GetString(bytes);

    private static PeerEndpoint End(string text) => PeerEndpoint.TryParse(text, out var end) ? end : throw new FormatException(text);

    /// <summary>Text with <c>\xNN</c> for what cannot be printed.</summary>
    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                bytes.Add(byte.Parse(text.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 3;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return [.. bytes];
    }
}
