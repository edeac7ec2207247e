using System.Buffers;
using System.Net;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine.Tests.Crowd;

/// <summary>What viewers are told of the origin's blocks, on the wire: the leaf hash, then that the block is to be had, and no block twice.</summary>
public sealed class SwarmCrowdTests
{
    private const int Block = TestTorrent.Block;
    private const byte CrowdId = 9;

    [Fact]
    public async Task BlockOfTheOrigin_IsOffered_AfterItsLeafHash_AndNotAgainWithItsPiece()
    {
        await using var rig = new Rig();
        using var viewer = await rig.CallAsync(CrowdId);
        rig.Uploads.Feed.Origin(2);

        var first = await HeardAsync(viewer, until: 2);
        Assert.Equal([CrowdKind.Leaves, CrowdKind.Have], first.Select(m => m.Message.Kind));
        Assert.Equal(new CrowdMessage(CrowdKind.Leaves, 0, 2 * Block, 1), first[0].Message);
        Assert.Equal(TestTorrent.Leaves(rig.Uploads.Bytes)[2], Assert.Single(first[0].Leaves));
        Assert.Equal(new CrowdMessage(CrowdKind.Have, 0, 2 * Block, Block), first[1].Message);

        // The rest of its piece, which is then whole; and one of the next as the end of the list.
        rig.Uploads.Feed.Origin(0);
        rig.Uploads.Feed.Origin(1);
        rig.Uploads.Feed.Origin(3);
        await rig.Uploads.HoldsAsync(1);
        rig.Uploads.Feed.Origin(5);

        var offered = (await HeardAsync(viewer, until: 5)).Where(m => m.Message.Kind == CrowdKind.Have).SelectMany(m => BlocksOf(m.Message)).ToList();
        Assert.DoesNotContain(2, offered);
        Assert.Equal(offered.Distinct().Count(), offered.Count);
        Assert.Equal(5, offered[^1]);
    }

    [Fact]
    public async Task Newcomer_IsToldWhatIsOfferedAlready()
    {
        await using var rig = new Rig();
        using (var early = await rig.CallAsync(CrowdId))
        {
            rig.Uploads.Feed.Origin(1);
            rig.Uploads.Feed.Origin(6);
            await HeardAsync(early, until: 6);
        }

        using var late = await rig.CallAsync(CrowdId);

        var heard = await HeardAsync(late, until: 6);
        Assert.Equal([1, 6], heard.Where(m => m.Message.Kind == CrowdKind.Have).SelectMany(m => BlocksOf(m.Message)));
        Assert.Equal([1, 6], heard.Where(m => m.Message.Kind == CrowdKind.Leaves).SelectMany(m => BlocksOf(m.Message with { Number = m.Message.Number * Block })));
    }

    [Fact]
    public async Task StockPeer_IsToldNothingOfIt()
    {
        await using var rig = new Rig();
        using var stock = await rig.CallAsync(crowdId: null);
        rig.Uploads.Feed.Origin(2);
        rig.Uploads.Feed.Origin(0);
        rig.Uploads.Feed.Origin(1);
        rig.Uploads.Feed.Origin(3);

        var all = await stock.AllUntilAsync(m => m.Id == MessageId.Have);
        Assert.DoesNotContain(all, m => m.Id == MessageId.Extended && m.Payload[0] != 0);
    }

    private static IEnumerable<int> BlocksOf(CrowdMessage message) =>
        Enumerable.Range((message.Piece * 4) + (message.Begin / Block), (message.Number + Block - 1) / Block);

    /// <summary>What the crowd says, up to the offer of this block.</summary>
    private static async Task<List<(CrowdMessage Message, Hash256[] Leaves)>> HeardAsync(RawLeech viewer, int until)
    {
        var heard = new List<(CrowdMessage, Hash256[])>();
        while (true)
        {
            var payload = await viewer.UntilAsync(MessageId.Extended);
            if (payload[0] != CrowdId)
            {
                continue; // the description of BEP 10
            }

            var reader = new SequenceReader<byte>(new(payload.AsMemory(1)));
            Assert.True(CrowdMessage.TryRead(ref reader, out var message));
            var leaves = new Hash256[message.Kind == CrowdKind.Leaves ? message.Number : 0];
            CrowdMessage.ReadLeaves(ref reader, leaves);
            heard.Add((message, leaves));
            if (message.Kind == CrowdKind.Have && BlocksOf(message).Contains(until))
            {
                return heard;
            }
        }
    }

    /// <summary>A swarm that gives, with its crowd, and a port that takes callers for both.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmCrowd _crowd;
        private readonly PeerListener _listener;

        public Rig()
        {
            var peers = new PeerSettings { Time = Uploads.Node.Time };
            _crowd = new(Uploads.Node.Context, Uploads.Loop, Uploads.Swarm, Uploads.Metainfo, peers.PeerId);
            Uploads.Loop.Watcher = new BothWatchers(Uploads.Loop.Watcher!, _crowd);
            _listener = PeerListener.Start(new(IPAddress.Loopback, 0), (_, from) => Admit(from), peers);
        }

        public UploadRig Uploads { get; } = new();

        public async Task<RawLeech> CallAsync(byte? crowdId)
        {
            var leech = await RawLeech.ConnectAsync(_listener.LocalEndPoint, Uploads.Torrent.V2!.Value, RawLeech.Modern, Uploads.Metainfo.PieceCount, null);
            await leech.SendAsync(new SignalMessage(MessageId.HaveNone).Write);
            await leech.SendAsync(new ExtensionHandshake { CrowdId = crowdId ?? 0 }.Write);
            return leech;
        }

        public async ValueTask DisposeAsync()
        {
            await _listener.DisposeAsync();
            await Uploads.DisposeAsync();
        }

        private PeerAdmission Admit(IPEndPoint from)
        {
            var source = new PeerSource(Uploads.Node.Context, Uploads.Loop, Uploads.Metainfo, Uploads.Swarm, _crowd, from, new NoKeeper());
            return new(Uploads.Torrent, source, source.Upload);
        }
    }

    /// <summary>Whose swarm takes every peer, and learns nothing from it.</summary>
    private sealed class NoKeeper : IPeerKeeper
    {
        public PeerClose? OnReady(PeerSource source) => null;

        public void OnDescribed(PeerSource source, PeerConnection peer)
        {
        }

        public void OnExchanged(PeerSource source, PexMessage message)
        {
        }

        public void OnClosed(PeerSource source, PeerClose reason)
        {
        }
    }
}
