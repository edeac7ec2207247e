using System.Buffers;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests.Dht;

/// <summary>200 nodes that lose packets, come and go: what is announced is found, tables stay small, one network takes nothing over.</summary>
public sealed class DhtSimulationTests
{
    private const int Nodes = 200;

    private static readonly NodeId InfoHash = NodeId.Read("a torrent's info hash"u8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Announced_IsFound_WithATenthLost_AndAQuarterGone(int seed)
    {
        var dht = Grow(seed, loss: 0.1);
        var seeder = dht.Anyone();
        var told = Search(dht, seeder, announcedPort: 51413).Result.Told;
        Assert.InRange(told, 6, 8);

        foreach (var gone in dht.Nodes.Keys.Where(k => k != seeder).Where((_, i) => i % 4 == 0).ToArray())
        {
            dht.Leave(gone);
        }

        for (var i = 0; i < Nodes / 4; i++)
        {
            dht.Join(friend: seeder);
            dht.Run(0.2);
        }

        dht.Run(60);
        var finders = Enumerable.Range(0, 20).Select(_ => dht.Anyone()).Where(f => f != seeder).ToArray();
        Assert.All(finders, finder => Assert.Contains(seeder with { Port = 51413 }, Search(dht, finder).Peers));
        Assert.True(dht.Lost > 500, $"{dht.Lost} packets lost of {dht.Delivered}");
    }

    [Fact]
    public void Nobody_FindsWhatNobodyAnnounced()
    {
        var dht = Grow(4, loss: 0);
        var (peers, result) = Search(dht, dht.Anyone());
        Assert.Empty(peers);
        Assert.InRange(result.Answers, DhtTable.BucketSize, 40);
    }

    [Fact]
    public void Tables_StayBounded_AndEverybodyLearnsThatHeIsReachable()
    {
        var dht = Grow(5, loss: 0.05);
        dht.Run(3_600);
        Assert.All(dht.Nodes.Values, node =>
        {
            var facts = node.Facts(dht.Now);
            Assert.InRange(facts.Nodes, DhtTable.BucketSize, 8 * DhtTable.BucketSize);
            Assert.False(facts.IsReadOnly);
            Assert.InRange(facts.GoodNodes, facts.Nodes * 3 / 4, facts.Nodes);
        });

        // BEP 42: whoever was told where he is has an id that fits.
        Assert.All(dht.Nodes, n => Assert.True(Bep42NodeId.IsValid(n.Value.Id, n.Key), $"{n.Value.Id} at {n.Key}"));

        // An hour of keeping a table: pings and refreshes, no more than a packet a second and node.
        Assert.InRange(dht.Delivered, Nodes * 60, Nodes * 3_600);
    }

    [Fact]
    public void OneNetwork_WithIdsRoundTheTarget_DoesNotHideAPeer()
    {
        var dht = Grow(6, loss: 0);
        var seeder = dht.Anyone();
        Search(dht, seeder, announcedPort: 51413);

        // 60 nodes of one /24 stand nearer to the infohash than any honest one, ask everybody so as to be known, and name nobody but each other.
        var random = SimulatedDht.RandomOf(7);
        var liars = Enumerable.Range(1, 60).Select(i => new NodeContact(InfoHash.WithTail(40, random.NextId()), PeerEndpoint.FromBytes([203, 0, 114, (byte)i], 6881))).ToArray();
        foreach (var liar in liars)
        {
            dht.Add(liar.EndPoint, (from, bytes) => Bep05Krpc.TryRead(bytes, out var m) && m.Kind == KrpcKind.Query
                ? Response(new(liar.Id) { Nodes = liars.AsSpan(random.Below(40), 16).ToArray(), Token = "liar"u8.ToArray() }, m.Transaction, from) : null);
        }

        foreach (var honest in dht.Nodes.Keys)
        {
            foreach (var liar in liars)
            {
                dht.Inject(liar.EndPoint, honest, Query(new(KrpcMethod.FindNode, liar.Id, InfoHash)));
                dht.Run(0.05);
            }
        }

        dht.Run(30);
        var finders = dht.Nodes.Keys.Where((_, i) => i % 20 == 0).Where(f => f != seeder).ToArray();
        Assert.All(finders, finder => Assert.Contains(seeder with { Port = 51413 }, Search(dht, finder).Peers));
        Assert.All(finders, finder => Assert.InRange(dht.Nodes[finder].GoodNodes(1_000, dht.Now).Count(n => liars.Any(l => l.EndPoint == n.EndPoint)), 0, DhtTable.MaxOfNetwork));
        Assert.Contains(dht.Nodes.Values, node => node.GoodNodes(1_000, dht.Now).Any(n => liars.Any(l => l.EndPoint == n.EndPoint))); // they did get in
    }

    [Fact]
    public void SameSeed_GivesTheSameRun()
    {
        Assert.Equal(Grow(8, 0.1).Digest, Grow(8, 0.1).Digest);
        Assert.NotEqual(Grow(8, 0.1).Digest, Grow(9, 0.1).Digest);
    }

    private static byte[] Query(KrpcQuery query)
    {
        var to = new ArrayBufferWriter<byte>();
        Bep05Krpc.WriteQuery(to, query, "aa"u8);
        return to.WrittenSpan.ToArray();
    }

    private static byte[] Response(KrpcResponse response, ReadOnlyMemory<byte> transaction, PeerEndpoint to)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Bep05Krpc.WriteResponse(bytes, response, transaction.Span, to);
        return bytes.WrittenSpan.ToArray();
    }

    private static SimulatedDht Grow(int seed, double loss)
    {
        var dht = new SimulatedDht(seed, loss);
        var first = dht.Join();
        dht.Join(friend: first);
        for (var i = 2; i < Nodes; i++)
        {
            dht.Join(friend: dht.Anyone());
            dht.Run(0.5);
        }

        dht.Run(60);
        return dht;
    }

    private static (HashSet<PeerEndpoint> Peers, DhtSearchResult Result) Search(SimulatedDht dht, PeerEndpoint by, ushort announcedPort = 0)
    {
        var peers = new HashSet<PeerEndpoint>();
        DhtSearchResult? result = null;
        dht.With(by, node => node.Search(InfoHash, new(WantsPeers: true, announcedPort, Found: peers.UnionWith, Over: r => result = r), dht.Now));
        Assert.True(dht.RunUntil(() => result is not null, 90), "the search ends");
        dht.Run(1); // the announces arrive
        return (peers, result!.Value);
    }
}
