using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>A peer is one connection, under whichever hash of a hybrid, from whichever side and address it came.</summary>
public sealed class OnePeerTests
{
    private static readonly byte[] Bytes = TestTorrent.Bytes(16 * TestTorrent.Block);
    private static readonly Metainfo Hybrid = TestTorrent.Of(Bytes, format: MetainfoFormat.Hybrid);
    private static readonly WireHash V1 = WireHash.V1Of(Hybrid.InfoHash)!.Value;
    private static readonly WireHash V2 = WireHash.V2Of(Hybrid.InfoHash)!.Value;

    [Fact]
    public async Task Caller_UnderBothHashes_StaysOnce_WhereHashesMayBeAsked()
    {
        await using var rig = new PeerRig(Hybrid);
        using var v1 = await rig.CallAsync(V1, Id('Z'), PeerFeatures.Fast | PeerFeatures.Extensions);
        await rig.ConnectedAsync(1);
        using var v2 = await rig.CallAsync(V2, Id('Z'));

        Assert.True(await IsClosedAsync(v1));
        await rig.ConnectedAsync(1);
        Assert.True(Assert.Single(rig.Swarm.Connected).IsV2);

        using var v1Again = await rig.CallAsync(V1, Id('Z'), PeerFeatures.Fast | PeerFeatures.Extensions);
        Assert.True(await IsClosedAsync(v1Again));
        await rig.ConnectedAsync(1);
        Assert.True(Assert.Single(rig.Swarm.Connected).IsV2);
    }

    [Fact]
    public async Task Callers_WithIdsOfTheirOwn_AreSeveralPeers()
    {
        await using var rig = new PeerRig(Hybrid);
        using var one = await rig.CallAsync(V1, Id('A'));
        using var other = await rig.CallAsync(V2, Id('B'));

        await rig.ConnectedAsync(2);
    }

    [Theory]
    [InlineData('!', false)]
    [InlineData('~', true)]
    public async Task DialledAndCalling_TheGreaterIdDials(char id, bool callerStays)
    {
        await using var rig = new PeerRig(Hybrid);
        Assert.Equal((byte)'-', (byte)(rig.OwnId.A >> 56)); // between '!' and '~'
        using var listener = new WaitingPeer();
        rig.Swarm.Learn(listener.EndPoint, FoundBy.Given);
        using var dialled = await listener.AnswerAsync(V2, Id(id));
        await rig.ConnectedAsync(1);
        using var calling = await rig.CallAsync(V2, Id(id));

        Assert.True(await IsClosedAsync(callerStays ? dialled : calling));
        await rig.ConnectedAsync(1);
        Assert.Equal(callerStays, Assert.Single(rig.Swarm.Connected).IsInbound);
    }

    [Fact]
    public async Task DialledOverIPv6_AndCallingOverIPv4_IsOnePeer()
    {
        await using var rig = new PeerRig(Hybrid);
        using var listener = new WaitingPeer(IPAddress.IPv6Loopback);
        rig.Swarm.Learn(listener.EndPoint, FoundBy.Given);
        rig.Swarm.Tick();
        using var dialled = await listener.AnswerAsync(V2, Id('!'));
        await rig.ConnectedAsync(1);
        using var calling = await rig.CallAsync(V1, Id('!'));

        Assert.True(await IsClosedAsync(calling));
        Assert.Equal(listener.EndPoint, Assert.Single(rig.Swarm.Connected).EndPoint);
    }

    [Fact]
    public async Task Caller_ThatSaysWhereItListens_IsNotDialledThere_UntilItLeaves()
    {
        await using var rig = new PeerRig(Hybrid);
        using var listener = new WaitingPeer();
        using var calling = await rig.CallAsync(V2, Id('Z'), listenPort: listener.EndPoint.Port);
        await Until.True(() => rig.Swarm.KeptAddresses == 1, "its address is known to be it");
        rig.Swarm.Learn(listener.EndPoint, FoundBy.Given);
        rig.Swarm.Tick();
        Assert.False(listener.IsCalled);

        calling.Dispose();
        await rig.ConnectedAsync(0);
        rig.Swarm.Tick();

        using var dialled = await listener.AnswerAsync(V2, Id('Z'));
        await rig.ConnectedAsync(1);
    }

    [Fact]
    public async Task StrangerWithAnothersId_DisplacesNobodyWhoDelivered()
    {
        await using var rig = new PeerRig(Hybrid);
        using var good = await rig.CallAsync(V2, Id('Z'));
        await rig.ConnectedAsync(1);
        var settled = Assert.Single(rig.Swarm.Connected);
        settled.Record.Received(1);

        // The same id from another address.
        using var thief = await rig.CallAsync(V2, Id('Z'), from: "127.0.0.9");

        Assert.True(await IsClosedAsync(thief));
        Assert.Same(settled, Assert.Single(rig.Swarm.Connected));
    }

    [Fact]
    public async Task OneAddressFromTrackersOfBothHashes_IsDialledOnce()
    {
        await using var rig = new PeerRig(Hybrid);
        using var listener = new WaitingPeer();
        rig.Swarm.Learn(listener.EndPoint, FoundBy.Given);
        rig.Swarm.Learn(new(listener.EndPoint.Address, listener.EndPoint.Port), FoundBy.Given);
        rig.Swarm.Tick();
        using var dialled = await listener.AnswerAsync(V2, Id('Z'));
        await rig.ConnectedAsync(1);
        rig.Swarm.Tick();

        Assert.False(listener.IsCalled);
    }

    private static PeerId Id(char c) => PeerId.Read([.. "-"u8, .. System.Text.Encoding.ASCII.GetBytes(new string(c, 19))]);

    private static async Task<bool> IsClosedAsync(Socket socket)
    {
        var buffer = new byte[4_096];
        try
        {
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60)) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset.
        }

        return true;
    }
}
