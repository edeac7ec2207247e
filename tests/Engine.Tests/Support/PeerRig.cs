using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>One torrent swarm of a node with a reader, and the port that peers dial.</summary>
internal sealed class PeerRig : IAsyncDisposable
{
    private readonly SwarmMetrics _metrics = new("Swarm.Engine.Tests.PeerRig" + Guid.NewGuid().ToString("N"));
    private readonly SwarmEngine _engine;
    private readonly PeerListener _listener;
    private readonly ResourceReader _reader;

    /// <param name="options">Null for a node that shares nothing.</param>
    /// <param name="time">Null for the machine's.</param>
    public PeerRig(Metainfo metainfo, EngineOptions? options = null, TimeProvider? time = null)
    {
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8", "::1"], out var allowed, out _));
        var built = EngineBuilder.Build((options ?? new()) with { MemoryBytes = 16 << 20 }, new(allowed, new OwnListeners()), _metrics, time ?? TimeProvider.System, NullLogger.Instance, _ => { });
        OwnId = built.PeerSettings!.PeerId;
        _engine = built.Engine!;
        _listener = PeerListener.Start(new(IPAddress.Loopback, 0), _engine.AdmitPeer, built.PeerSettings);
        var torrent = _engine.AddTorrent(metainfo, givenByUser: true);
        _reader = _engine.OpenReader(_engine.TorrentFile(torrent, 0).Handle, new(0, metainfo.Layout.Files[0].Length), null, null, "");
    }

    public PeerId OwnId { get; }

    public TorrentSwarm Swarm => Assert.Single(_engine.Swarms);

    public async Task<Socket> CallAsync(WireHash hash, PeerId id, PeerFeatures features = RawLeech.Modern, int listenPort = 0, string from = "127.0.0.1", byte? pexId = null, string? sees = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(_listener.LocalEndPoint, TestContext.Current.CancellationToken);
        await SendAsync(socket, to =>
        {
            new Handshake(features, hash, id).Write(to);
            new SignalMessage(MessageId.HaveNone).Write(to);
            new ExtensionHandshake { ListenPort = listenPort, PexId = pexId, YourAddress = sees is null ? null : PeerEndpoint.From(IPAddress.Parse(sees), 0) }.Write(to);
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

    public static async Task SendAsync(Socket socket, Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        await socket.SendAsync(to.WrittenMemory, TestContext.Current.CancellationToken);
    }

    public static async Task ReadHandshakeAsync(Socket socket)
    {
        var buffer = new byte[Handshake.Size];
        for (var got = 0; got < buffer.Length;)
        {
            var n = await socket.ReceiveAsync(buffer.AsMemory(got), TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.NotEqual(0, n);
            got += n;
        }
    }
}
