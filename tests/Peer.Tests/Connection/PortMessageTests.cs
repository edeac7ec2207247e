using System.Collections.Concurrent;
using System.Net;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Peers with a DHT tell each other where its node listens (BEP 5); of private torrents they say nothing (BEP 27).</summary>
public sealed class PortMessageTests
{
    private const PeerFeatures WithDht = ScriptedPeer.Modern | PeerFeatures.Dht;

    private readonly ConcurrentQueue<IPEndPoint> _heard = new();

    private PeerSettings Settings => new() { DhtPort = 6881, DhtNodeHeard = _heard.Enqueue };

    [Theory]
    [InlineData(true, WithDht, "Port 6881")]
    [InlineData(true, ScriptedPeer.Modern, null)]
    [InlineData(false, WithDht, null)]
    public async Task Port_IsToldToWhoHasADht(bool usesDht, PeerFeatures features, string? told)
    {
        await using var peer = await ScriptedPeer.ConnectedAsync(new RecordingSink(), ScriptedPeer.Hybrid with { UsesDht = usesDht }, features, Settings);
        await peer.ReadGreetingAsync();
        peer.Connection.SetInterested();
        peer.Connection.Flush();
        Assert.Equal(told ?? "Interested", await peer.ReadMessageAsync());
    }

    [Theory]
    [InlineData(true, "0000000000100015")]
    [InlineData(false, "0000000000100014")]
    public async Task Handshake_HasTheBitOfTorrentsThatAreLookedForThere(bool usesDht, string reserved)
    {
        await using var peer = await ScriptedPeer.DialledAsync(new RecordingSink(), ScriptedPeer.Hybrid with { UsesDht = usesDht }, Settings);
        var sent = await peer.ReadAsync(Handshake.Size);
        Assert.Equal(reserved, Convert.ToHexStringLower(sent.AsSpan(20, 8)));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Port_OfAPeer_IsHeardOnce_AndNotOfAPrivateTorrent(bool usesDht, int times)
    {
        var sink = new RecordingSink();
        await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid with { UsesDht = usesDht }, WithDht, Settings);
        await peer.SendAsync(new PortMessage(7000).Write);
        await peer.SendAsync(new PortMessage(7001).Write);
        await peer.SignalAsync(MessageId.Unchoke);
        await sink.Told("unchoked");
        Assert.Equal(Enumerable.Repeat(new IPEndPoint(IPAddress.Loopback, 7000), times), _heard);
    }
}
