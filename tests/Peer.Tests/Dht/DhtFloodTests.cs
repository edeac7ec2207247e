using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;
using static Swarm.Peer.Tests.Dht.KrpcPackets;

namespace Swarm.Peer.Tests.Dht;

/// <summary>A thousand packets a second that forge their sources: a node sends no more than it gets, to nobody more than he sent, and still answers who is real.</summary>
public sealed class DhtFloodTests
{
    private const int PerSecond = 1_000;

    private static readonly PeerEndpoint Own = End("20.1.2.3:6881");

    private readonly DhtNode _node = new(new() { IsIPv6 = false, IsOwnAddress = a => a.Address == Own.Address }, SimulatedDht.RandomOf(1));
    private readonly Random _random = new(1);
    private Instant _now = new(1_000_000);

    public DhtFloodTests()
    {
        // 60 nodes that have answered: whole answers are several times a query.
        _node.Activate(_now);
        for (var i = 0; i < 60; i++)
        {
            var friend = PeerEndpoint.FromBytes([(byte)(60 + i), 1, 1, 1], 6881);
            _node.Receive(friend, GetPeers(Bep42NodeId.For(friend, new((ulong)i, 1, (uint)i))), _now);
            foreach (var asked in _node.TakeOutgoing().Where(p => p.To == friend && Read(p.Bytes).Kind == KrpcKind.Query))
            {
                _node.Receive(friend, Response(asked.Bytes, new(Bep42NodeId.For(friend, new((ulong)i, 1, (uint)i))), Own), _now);
            }

            _now += 500_000;
            _node.Tick(_now);
            _node.TakeOutgoing();
        }
    }

    [Fact]
    public void Strangers_GetWholeAnswersInQuietTimes()
    {
        var answer = Ask(End("30.1.2.3:7000"));
        Assert.Equal(DhtTable.BucketSize, Read(answer!).Response.Nodes.Count);
        Assert.True(answer!.Length > 2 * GetPeers(Someone).Length, "so there is something to amplify");
    }

    [Fact]
    public void ForgedQueries_FromEverywhere_MoveNoMoreBytesThanTheyBring()
    {
        var before = _node.Facts(_now);
        var address = new byte[4];
        for (var i = 0; i < 30 * PerSecond; i++)
        {
            Pass(i);
            _random.NextBytes(address);
            address[0] = (byte)(1 + (address[0] % 220));
            _node.Receive(PeerEndpoint.FromBytes(address, (ushort)_random.Next(1, 65536)), GetPeers(new((ulong)_random.NextInt64(), 0, 0)), _now);
            _node.TakeOutgoing();
        }

        var after = _node.Facts(_now);
        var (received, sent) = (after.ReceivedBytes - before.ReceivedBytes, after.SentBytes - before.SentBytes);
        Assert.InRange(sent, received / 3, received);
        Assert.Equal(before.Nodes, after.Nodes);
    }

    [Fact]
    public void ForgedQueries_OfOneVictim_SendHimWhatTheySpend_AndABit()
    {
        var victim = End("99.9.9.9:53");
        long received = 0, sent = 0;
        const int seconds = 30;
        for (var i = 0; i < seconds * PerSecond; i++)
        {
            Pass(i);
            var query = GetPeers(new((ulong)i, 0, 0));
            received += query.Length;
            _node.Receive(victim, query, _now);
            sent += _node.TakeOutgoing().Where(p => p.To == victim).Sum(p => (long)p.Bytes.Length);
        }

        Assert.InRange(sent, 1, received + AnswerBudget.NetworkBytes + (seconds * AnswerBudget.NetworkBytesPerSecond));
    }

    [Fact]
    public void WhoIsReal_IsAnsweredWholeAmidTheFlood()
    {
        var friend = PeerEndpoint.FromBytes([70, 1, 1, 1], 6881);
        var stranger = End("30.1.2.3:7000");
        var (whole, some) = (0, 0);
        for (var i = 0; i < 30 * PerSecond; i++)
        {
            Pass(i);
            _node.Receive(PeerEndpoint.FromBytes([(byte)(100 + (i % 50)), (byte)(i >> 8), (byte)i, 9], 6881), GetPeers(new((ulong)i, 0, 0)), _now);
            _node.TakeOutgoing();
            if (i % PerSecond == 0)
            {
                whole += Ask(friend) is { } answer && Read(answer).Response.Nodes.Count == DhtTable.BucketSize ? 1 : 0;
                some += Ask(stranger) is { } shorter && !Read(shorter).Response.Token.IsEmpty ? 1 : 0;
            }
        }

        Assert.Equal(30, whole);
        Assert.InRange(some, 15, 30);
    }

    [Fact]
    public void ForgedAnnounces_FillNothing()
    {
        for (var i = 0; i < 10 * PerSecond; i++)
        {
            Pass(i);
            var query = new KrpcQuery(KrpcMethod.AnnouncePeer, Someone, new((ulong)i, 0, 0)) { Token = BitConverter.GetBytes((long)i), Port = 1 };
            _node.Receive(PeerEndpoint.FromBytes([(byte)(100 + (i % 50)), (byte)(i >> 8), (byte)i, 9], 6881), Query(query), _now);
            _node.TakeOutgoing();
        }

        Assert.Equal(0, _node.Facts(_now).StoredPeers);
    }

    [Fact]
    public void OneNetwork_ThatAnnouncesByTheBook_TakesItsShareOfTheStore()
    {
        var store = new DhtPeerStore();
        for (var i = 0; i < 5_000; i++)
        {
            store.Add(new((ulong)i, 0, 0), PeerEndpoint.FromBytes([99, 9, 9, (byte)i], (ushort)(1 + i)), _now);
        }

        Assert.Equal((DhtPeerStore.MaxOfNetwork, DhtPeerStore.MaxOfNetwork), (store.Peers, store.InfoHashes));
        Assert.True(store.Add(new(1, 1, 1), End("98.1.1.1:1"), _now), "there is room for others");
    }

    [Fact]
    public void Store_IsBounded()
    {
        var store = new DhtPeerStore();
        for (var i = 0; i < 100_000; i++)
        {
            store.Add(new((ulong)i % 3_000, 0, 0), PeerEndpoint.FromBytes([(byte)(1 + (i >> 16)), (byte)(i >> 8), (byte)i, 1], 1), _now);
        }

        Assert.InRange(store.InfoHashes, 1, DhtPeerStore.MaxInfoHashes);
        Assert.InRange(store.Peers, 1, DhtPeerStore.MaxPeers);
        for (var i = 0; i < 2 * DhtPeerStore.MaxPeersOfOne; i++)
        {
            store.Add(default, PeerEndpoint.FromBytes([200, (byte)(i >> 8), (byte)i, 1], 1), _now + i);
        }

        Assert.InRange(store.Some(default, 10_000, SimulatedDht.RandomOf(1)).Count, 1, DhtPeerStore.MaxPeersOfOne);
    }

    private void Pass(int i)
    {
        _now += 1_000_000 / PerSecond;
        if (i % (PerSecond / 2) == 0)
        {
            _node.Tick(_now);
        }
    }

    private byte[]? Ask(PeerEndpoint from)
    {
        _node.TakeOutgoing();
        _node.Receive(from, GetPeers(Someone), _now);
        return _node.TakeOutgoing().Where(p => p.To == from && Read(p.Bytes).Kind == KrpcKind.Response).Select(p => p.Bytes).FirstOrDefault();
    }
}
