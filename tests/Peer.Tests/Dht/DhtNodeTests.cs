using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;
using static Swarm.Peer.Tests.Dht.KrpcPackets;

namespace Swarm.Peer.Tests.Dht;

/// <summary>One node by packets alone: whom it believes, whom it answers, what it keeps (BEP 5, 32, 42, 43).</summary>
public sealed class DhtNodeTests
{
    private static readonly PeerEndpoint Own = End("20.1.2.3:6881");
    private static readonly PeerEndpoint Stranger = End("30.1.2.3:7000");

    private readonly DhtNode _node = new(new() { IsIPv6 = false, IsOwnAddress = a => a.Address == Own.Address, MayReach = e => e.ToString() != "66.6.6.6:666" }, SimulatedDht.RandomOf(1));
    private Instant _now = new(1_000_000);

    public DhtNodeTests() => _node.Activate(_now);

    [Fact]
    public void Query_OfAStranger_IsAnswered_AndHeIsAskedBack()
    {
        var sent = Receive(Stranger, GetPeers(Someone));

        Assert.Equal([KrpcKind.Response, KrpcKind.Query], sent.Select(s => Read(s.Bytes).Kind));
        Assert.All(sent, s => Assert.Equal(Stranger, s.To));
        Assert.Equal((_node.Id, "aa", 8), (Read(sent[0].Bytes).Response.Id, System.Text.Encoding.ASCII.GetString(Read(sent[0].Bytes).Transaction.Span), Read(sent[0].Bytes).Response.Token.Length));
        Assert.Equal(0, _node.Nodes); // not before he has answered

        Receive(Stranger, Response(sent[1].Bytes, new(Someone), Own));
        Assert.Equal(1, _node.Nodes);
    }

    [Fact]
    public void Answer_ThatNobodyAskedFor_IsNotTaken()
    {
        var asked = Receive(Stranger, GetPeers(Someone))[1].Bytes;

        Receive(End("30.1.2.4:7000"), Response(asked, new(Someone), Own)); // right number, wrong address
        Receive(Stranger, Response(GetPeers(Someone), new(Someone), Own)); // right address, wrong number
        Assert.Equal(0, _node.Nodes);

        Receive(Stranger, Response(asked, new(Someone), Own));
        Receive(Stranger, Response(asked, new(Someone.Flip(3)), Own)); // a second answer to one query
        Assert.Equal(1, _node.Nodes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("garbage")]
    [InlineData("d1:ad2:id3:abce1:q4:ping1:t2:aa1:y1:qe")]
    [InlineData("d1:rd2:id20:abcdefghij0123456789e1:t4:aaaa1:y1:re")]
    public void Garbage_GetsNothing(string text) => Assert.Empty(Receive(Stranger, System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Address_ThatPolicyForbids_GetsNothing() => Assert.Empty(Receive(End("66.6.6.6:666"), GetPeers(Someone)));

    [Fact]
    public void UnknownMethod_IsNamedSo()
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes("d1:ad2:id20:abcdefghij01234567895:valuei1ee1:q4:vote1:t2:aa1:y1:qe");
        var answer = Receive(Stranger, bytes)[0].Bytes;
        Assert.Equal(KrpcError.UnknownMethod, Read(answer).Error.Code);
        Assert.True(answer.Length <= bytes.Length, "an error is no longer than what caused it");
    }

    [Fact]
    public void Announce_WithTheTokenOfItsAddress_IsToldToOthers()
    {
        var announce = Announce(Token(Stranger));
        Assert.Equal(KrpcKind.Response, Read(Receive(Stranger, announce)[0].Bytes).Kind);
        Assert.Equal([Stranger with { Port = 51413 }], Read(Receive(End("40.1.2.3:1"), GetPeers(Someone.Flip(1)))[0].Bytes).Response.Peers);
    }

    [Fact]
    public void Announce_WithAnotherAddresssToken_IsRefused()
    {
        var token = Token(Stranger);
        Assert.Equal(KrpcError.Protocol, Read(Receive(End("31.1.2.3:7000"), Announce(token))[0].Bytes).Error.Code);
        Assert.Equal(KrpcError.Protocol, Read(Receive(Stranger, Announce(new byte[8]))[0].Bytes).Error.Code);
        Assert.Equal(0, _node.Facts(_now).StoredPeers);
    }

    [Theory]
    [InlineData(299, true)]
    [InlineData(599, true)]
    [InlineData(900, false)]
    public void Token_IsGoodForFiveToTenMinutes(int seconds, bool isGood)
    {
        var token = Token(Stranger);
        _now += 299_000_000;
        Token(End("32.1.2.3:1")); // somebody asks in every secret's time
        _now += (seconds - 299) * 1_000_000L;
        Receive(Stranger, Announce(token));
        Assert.Equal(isGood ? 1 : 0, _node.Facts(_now).StoredPeers);
    }

    [Fact]
    public void Announce_WithAnImpliedPort_CountsWhereItCameFrom()
    {
        Receive(Stranger, Query(new(KrpcMethod.AnnouncePeer, Someone, Wanted) { Token = Token(Stranger), Port = 1, IsPortImplied = true }));
        Assert.Equal([Stranger], Read(Receive(End("40.1.2.3:1"), GetPeers(Someone.Flip(1)))[0].Bytes).Response.Peers);
    }

    [Fact]
    public void Announced_IsForgotten()
    {
        Receive(Stranger, Announce(Token(Stranger)));
        _now += DhtPeerStore.LifeMicros - 60_000_000;
        _node.Tick(_now);
        Assert.Equal(1, _node.Facts(_now).StoredPeers);
        _now += 121_000_000;
        _node.Tick(_now);
        Assert.Equal((0, 0), (_node.Facts(_now).StoredPeers, _node.Facts(_now).StoredInfoHashes));
    }

    [Fact]
    public void Hints_ThatNeverAnswer_MakeRoomForOthers()
    {
        var hints = Enumerable.Range(0, 200).Select(i => PeerEndpoint.FromBytes([99, (byte)i, 1, 1], 6881)).ToArray();
        foreach (var hint in hints)
        {
            _node.Hint(hint, _now);
        }

        _node.TakeOutgoing();
        var asked = new HashSet<PeerEndpoint>();
        for (var seconds = 0; seconds < 600; seconds++)
        {
            _now += 1_000_000;
            _node.Tick(_now);
            asked.UnionWith(_node.TakeOutgoing().Select(p => p.To));
        }

        Assert.Contains(hints[^1], asked);
        Assert.DoesNotContain(hints[100], asked);
        Assert.True(_node.NeedsRouters, "by themselves they lead nowhere");
    }

    [Fact]
    public void RouterThatKnowsNobodyYet_IsAskedAgainSoon_AndLessAndLessOften()
    {
        var router = End("50.1.2.3:6881");
        _node.AddRouters([router], mayStay: true, _now);
        var asked = new List<long>();
        var begun = _now;
        for (var half = 0; half < 1_200; half++)
        {
            foreach (var packet in _node.TakeOutgoing().Where(p => Read(p.Bytes).Query.Method == KrpcMethod.FindNode))
            {
                asked.Add((_now - begun) / 1_000_000);
                Receive(router, Response(packet.Bytes, new(Someone), Own));
            }

            _now += 500_000;
            _node.Tick(_now);
        }

        Assert.InRange(asked.Count(static at => at <= 10), 4, 5); // 1 s, 2, 4, 8
        Assert.InRange(asked.Count, 5, 20); // in ten minutes
    }

    [Fact]
    public void RouterThatIsSilent_IsAskedAsSeldomAsEver()
    {
        _node.AddRouters([End("50.1.2.3:6881")], mayStay: true, _now);
        var asked = 0;
        for (var half = 0; half < 1_200; half++)
        {
            asked += _node.TakeOutgoing().Count;
            _now += 500_000;
            _node.Tick(_now);
        }

        Assert.InRange(asked, 2, 7); // 5 s, 10, 20 … 320
    }

    // --- BEP 43

    [Fact]
    public void ReadOnly_UntilReached_SaysSoAndAnswersNobody()
    {
        var router = End("50.1.2.3:6881");
        _node.AddRouters([router], mayStay: true, _now);
        var first = Assert.Single(_node.TakeOutgoing());
        Assert.True(_node.IsReadOnly && Read(first.Bytes).Query.IsReadOnly);

        Assert.Empty(Receive(router, GetPeers(Someone))); // our own query opened that way: it proves nothing

        Assert.NotEmpty(Receive(Stranger, GetPeers(Someone)));
        Assert.False(_node.IsReadOnly);
        Assert.NotEmpty(Receive(router, GetPeers(Someone)));
    }

    [Theory]
    [InlineData("20.1.2.3:6881", false)]
    [InlineData("21.9.9.9:6881", true)]
    public void ReadOnly_EndsWithWhoSeesUsAtAnAddressOfThisMachine(string seen, bool isReadOnly)
    {
        _node.AddRouters([Stranger], mayStay: true, _now);
        Receive(Stranger, Response(_node.TakeOutgoing()[0].Bytes, new(Someone), End(seen)));
        Assert.Equal(isReadOnly, _node.IsReadOnly);
    }

    [Fact]
    public void Asker_ThatIsReadOnly_IsAnsweredAndNotAskedBack() =>
        Assert.Equal(KrpcKind.Response, Read(Assert.Single(Receive(Stranger, Query(new(KrpcMethod.Ping, Someone) { IsReadOnly = true }))).Bytes).Kind);

    // --- BEP 42

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Id_MovesToTheAddressThatFourNetworksSee(bool ofFourNetworks)
    {
        var before = _node.Id;
        var seen = End("77.7.7.7:6881");
        for (var i = 0; i < AddressVotes.Enough; i++)
        {
            var voter = PeerEndpoint.FromBytes([60, 1, ofFourNetworks ? (byte)i : (byte)1, (byte)i], 6881);
            _node.Hint(voter, _now);
            _node.Tick(_now);
            foreach (var packet in _node.TakeOutgoing().Where(p => p.To == voter))
            {
                Receive(voter, Response(packet.Bytes, new(Someone.Flip(i)), seen));
            }
        }

        Assert.Equal(ofFourNetworks, _node.Id != before);
        Assert.Equal(ofFourNetworks, Bep42NodeId.IsValid(_node.Id, seen));
        Assert.Equal(ofFourNetworks ? 4 : DhtTable.MaxOfNetwork, _node.Nodes);
    }

    // --- BEP 32

    [Fact]
    public void Want_OfBothFamilies_NamesNodesOfBoth()
    {
        var six = new DhtNode(new() { IsIPv6 = true }, SimulatedDht.RandomOf(2));
        _node.Sibling = six;
        six.Sibling = _node;
        six.Activate(_now);
        var node6 = new NodeContact(Someone.Flip(9), End("[2600::9]:6881"));
        six.Hint(node6.EndPoint, _now);
        six.Tick(_now);
        six.Receive(node6.EndPoint, Response(six.TakeOutgoing()[0].Bytes, new(node6.Id), End("[2600::1]:6881")), _now);

        var query = new KrpcQuery(KrpcMethod.FindNode, Someone, Wanted) { IsReadOnly = true };
        Assert.Empty(Read(Receive(Stranger, Query(query))[0].Bytes).Response.Nodes);
        Assert.Equal([node6], Read(Receive(Stranger, Query(query with { Want = KrpcWant.IPv4 | KrpcWant.IPv6 }))[0].Bytes).Response.Nodes);
    }

    [Fact]
    public void Packet_OfTheOtherFamily_IsNone() => Assert.Empty(Receive(End("[2600::9]:6881"), GetPeers(Someone)));

    private IReadOnlyList<DhtDatagram> Receive(PeerEndpoint from, byte[] bytes)
    {
        _node.TakeOutgoing();
        _node.Receive(from, bytes, _now);
        return _node.TakeOutgoing();
    }

    private ReadOnlyMemory<byte> Token(PeerEndpoint asker) => Read(Receive(asker, GetPeers(Someone))[0].Bytes).Response.Token.ToArray();

    private static byte[] Announce(ReadOnlyMemory<byte> token) => Query(new(KrpcMethod.AnnouncePeer, Someone, Wanted) { Token = token, Port = 51413 });
}
