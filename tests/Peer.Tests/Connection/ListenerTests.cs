using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>Callers at the peer port.</summary>
public sealed class ListenerTests
{
    private static readonly PeerId CallerId = PeerId.Read("-XX0001-calling-you!"u8);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task CallerForAKnownTorrent_IsHandedOver_AndUpgradedIfItOffers(bool offersV2, bool becomesV2)
    {
        var sink = new RecordingSink();
        await using var listener = Start(sink);
        using var caller = await CallAsync(listener, ScriptedPeer.Hybrid.V1!.Value, PeerFeatures.Fast | (offersV2 ? PeerFeatures.V2 : 0));

        var answer = await ReadHandshakeAsync(caller);
        await sink.Told("ready");

        Assert.Equal(becomesV2 ? ScriptedPeer.Hybrid.V2 : ScriptedPeer.Hybrid.V1, answer!.Value.InfoHash);
        Assert.Equal(becomesV2, sink.Peer!.IsV2);
        Assert.True(sink.Peer.IsInbound);
        Assert.Equal(((IPEndPoint)caller.LocalEndPoint!).Port, sink.Peer.RemoteEndPoint.Port);
        await sink.Peer.DisposeAsync();
    }

    [Fact]
    public async Task TwoConnections_OfThisProgram_FindEachOther()
    {
        var served = new RecordingSink();
        await using var listener = Start(served);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        var dialled = new RecordingSink();
        await using var peer = PeerConnection.StartOutbound(near, ScriptedPeer.Hybrid, dialled, new PeerSettings { ListenPort = 4711 });

        await dialled.Told("described Swarm/0.1 reqq 500");
        await served.Told("described Swarm/0.1 reqq 500");

        Assert.True(peer.IsV2 && served.Peer!.IsV2 && peer.SupportsFast && served.Peer.SupportsFast);
        Assert.Equal((0, 4711), (peer.ListenPort, served.Peer.ListenPort));
        await served.Peer.DisposeAsync();
        await dialled.Told("closed: closed by the peer");
    }

    [Fact]
    public async Task CallerForAnUnknownTorrent_IsClosedWithoutAWord()
    {
        await using var listener = Start(new RecordingSink());
        using var caller = await CallAsync(listener, new WireHash(1, 2, 3), PeerFeatures.Fast);

        Assert.Null(await ReadHandshakeAsync(caller));
        Assert.Equal(1, listener.Refused);
    }

    [Fact]
    public async Task Stranger_IsClosed_AndTheNextCallerIsServed()
    {
        var sink = new RecordingSink();
        await using var listener = Start(sink);
        using var stranger = await ConnectAsync(listener);
        await stranger.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Null(await ReadHandshakeAsync(stranger));

        using var caller = await CallAsync(listener, ScriptedPeer.Hybrid.V1!.Value, PeerFeatures.Fast);

        Assert.NotNull(await ReadHandshakeAsync(caller));
        await sink.Told("ready");
        await sink.Peer!.DisposeAsync();
    }

    [Fact]
    public async Task SilentCaller_IsClosedAfterTheHandshakeTimeout()
    {
        var time = new FakeTime();
        await using var listener = Start(new RecordingSink(), new() { Time = time });
        using var caller = await ConnectAsync(listener);
        await HalfOpenAsync(listener, 1);

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await ReadHandshakeAsync(caller));
        await HalfOpenAsync(listener, 0);
    }

    [Fact]
    public async Task SixtyFifthCallerInItsHandshake_IsClosedAtOnce()
    {
        var time = new FakeTime();
        await using var listener = Start(new RecordingSink(), new() { Time = time });
        var callers = new List<Socket>();
        for (var i = 0; i < PeerListener.MaxHalfOpen; i++)
        {
            callers.Add(await ConnectAsync(listener));
        }

        await HalfOpenAsync(listener, PeerListener.MaxHalfOpen);
        using var last = await ConnectAsync(listener);

        Assert.Null(await ReadHandshakeAsync(last));
        Assert.Equal(PeerListener.MaxHalfOpen, listener.HalfOpen);
        callers.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task OwnPeerId_IsRefused()
    {
        var settings = new PeerSettings();
        await using var listener = Start(new RecordingSink(), settings);
        using var caller = await CallAsync(listener, ScriptedPeer.Hybrid.V1!.Value, PeerFeatures.Fast, settings.PeerId);

        Assert.Null(await ReadHandshakeAsync(caller));
    }

    [Fact]
    public async Task DualStack_TakesIPv4_AndNamesItAsSuch()
    {
        var sink = new RecordingSink();
        await using var listener = PeerListener.Start(new(IPAddress.Loopback.MapToIPv6(), 0), (_, _) => new(ScriptedPeer.Hybrid, sink), new());
        using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(IPAddress.Loopback, listener.LocalEndPoint.Port, TestContext.Current.CancellationToken);
        await SendHandshakeAsync(caller, ScriptedPeer.Hybrid.V1!.Value, PeerFeatures.Fast, CallerId);

        await sink.Told("ready");

        Assert.Equal(IPAddress.Loopback, sink.Peer!.RemoteEndPoint.Address);
        await sink.Peer.DisposeAsync();
    }

    [Fact]
    public async Task TakenPort_Throws()
    {
        await using var listener = Start(new RecordingSink());

        Assert.Throws<SocketException>(() => PeerListener.Start(listener.LocalEndPoint, (_, _) => null, new()));
    }

    private static PeerListener Start(RecordingSink sink, PeerSettings? settings = null) => PeerListener.Start(
        new(IPAddress.Loopback, 0),
        (hash, _) => hash == ScriptedPeer.Hybrid.V1 || hash == ScriptedPeer.Hybrid.V2 ? new(ScriptedPeer.Hybrid, sink) : null,
        settings ?? new());

    private static async Task<Socket> ConnectAsync(PeerListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<Socket> CallAsync(PeerListener listener, WireHash hash, PeerFeatures features, PeerId? id = null)
    {
        var socket = await ConnectAsync(listener);
        await SendHandshakeAsync(socket, hash, features, id ?? CallerId);
        return socket;
    }

    private static async Task SendHandshakeAsync(Socket socket, WireHash hash, PeerFeatures features, PeerId id)
    {
        var to = new ArrayBufferWriter<byte>();
        new Handshake(features, hash, id).Write(to);
        await socket.SendAsync(to.WrittenMemory, TestContext.Current.CancellationToken);
    }

    // Null once the listener closes.
    private static async Task<Handshake?> ReadHandshakeAsync(Socket socket)
    {
        var bytes = new byte[Handshake.Size];
        var got = 0;
        try
        {
            while (got < bytes.Length)
            {
                var n = await socket.ReceiveAsync(bytes.AsMemory(got), TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);
                if (n == 0)
                {
                    return null;
                }

                got += n;
            }
        }
        catch (SocketException)
        {
            return null;
        }

        var reader = new SequenceReader<byte>(new(bytes));
        return Handshake.TryRead(ref reader, out var handshake) ? handshake : null;
    }

    private static async Task HalfOpenAsync(PeerListener listener, int count)
    {
        using var patience = new CancellationTokenSource(TestPatience.Long);
        while (listener.HalfOpen != count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
