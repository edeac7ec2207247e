using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Peer;
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
        await using var rig = new Rig();
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
        await using var rig = new Rig();
        using var one = await rig.CallAsync(V1, Id('A'));
        using var other = await rig.CallAsync(V2, Id('B'));

        await rig.ConnectedAsync(2);
    }

    [Theory]
    [InlineData('!', false)]
    [InlineData('~', true)]
    public async Task DialledAndCalling_TheGreaterIdDials(char id, bool callerStays)
    {
        await using var rig = new Rig();
        using var listener = new Listener();
        rig.Swarm.Learn(listener.EndPoint);
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
        await using var rig = new Rig();
        using var listener = new Listener(IPAddress.IPv6Loopback);
        rig.Swarm.Learn(listener.EndPoint);
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
        await using var rig = new Rig();
        using var listener = new Listener();
        using var calling = await rig.CallAsync(V2, Id('Z'), listenPort: listener.EndPoint.Port);
        await Until.True(() => rig.Swarm.KeptAddresses == 1, "its address is known to be it");
        rig.Swarm.Learn(listener.EndPoint);
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
        await using var rig = new Rig();
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
        await using var rig = new Rig();
        using var listener = new Listener();
        rig.Swarm.Learn(listener.EndPoint);
        rig.Swarm.Learn(new(listener.EndPoint.Address, listener.EndPoint.Port));
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

    private static async Task SendAsync(Socket socket, Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        await socket.SendAsync(to.WrittenMemory, TestContext.Current.CancellationToken);
    }

    private static async Task ReadHandshakeAsync(Socket socket)
    {
        var buffer = new byte[Handshake.Size];
        for (var got = 0; got < buffer.Length;)
        {
            var n = await socket.ReceiveAsync(buffer.AsMemory(got), TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.NotEqual(0, n);
            got += n;
        }
    }

    /// <summary>A peer that waits to be dialled.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly Socket _socket;

        public Listener(IPAddress? address = null)
        {
            address ??= IPAddress.Loopback;
            _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _socket.Bind(new IPEndPoint(address, 0));
            _socket.Listen();
        }

        public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

        /// <summary>Somebody dials it who was not answered.</summary>
        public bool IsCalled => _socket.Poll(0, SelectMode.SelectRead);

        public async Task<Socket> AnswerAsync(WireHash hash, PeerId id)
        {
            var socket = await _socket.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            await ReadHandshakeAsync(socket);
            await SendAsync(socket, to => new Handshake(RawLeech.Modern, hash, id).Write(to));
            return socket;
        }

        public void Dispose() => _socket.Dispose();
    }

    /// <summary>One torrent swarm of a node with a reader, and the port that peers dial.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly SwarmMetrics _metrics = new("Swarm.Engine.Tests.OnePeer" + Guid.NewGuid().ToString("N"));
        private readonly SwarmEngine _engine;
        private readonly PeerListener _listener;
        private readonly ResourceReader _reader;

        public Rig()
        {
            Assert.True(AllowedTargets.TryParse(["127.0.0.0/8", "::1"], out var allowed, out _));
            var built = EngineBuilder.Build(new() { MemoryBytes = 16 << 20 }, new(allowed, new OwnListeners()), _metrics, TimeProvider.System, NullLogger.Instance, _ => { });
            // Between '!' and '~', which is what the theory is about.
            Assert.Equal((byte)'-', (byte)(built.PeerSettings!.PeerId.A >> 56));
            _engine = built.Engine!;
            _listener = PeerListener.Start(new(IPAddress.Loopback, 0), _engine.AdmitPeer, built.PeerSettings);
            var torrent = _engine.AddTorrent(Hybrid, givenByUser: true);
            _reader = _engine.OpenReader(_engine.TorrentFile(torrent, 0).Handle, new(0, Bytes.Length), null, null, "");
        }

        public TorrentSwarm Swarm => Assert.Single(_engine.Swarms);

        public async Task<Socket> CallAsync(WireHash hash, PeerId id, PeerFeatures features = RawLeech.Modern, int listenPort = 0, string from = "127.0.0.1")
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(_listener.LocalEndPoint, TestContext.Current.CancellationToken);
            await SendAsync(socket, to =>
            {
                new Handshake(features, hash, id).Write(to);
                new SignalMessage(MessageId.HaveNone).Write(to);
                new ExtensionHandshake { ListenPort = listenPort }.Write(to);
            });
            await ReadHandshakeAsync(socket);
            return socket;
        }

        public Task ConnectedAsync(int peers) => Until.True(
            () => Swarm.Connected.Count == peers && Swarm.Connected.All(p => p.IsSettled), () => $"{Swarm.Connected.Count} connections, not {peers}");

        public async ValueTask DisposeAsync()
        {
            await _reader.DisposeAsync();
            await _listener.DisposeAsync();
            await _engine.DisposeAsync();
            _metrics.Dispose();
        }
    }
}
