using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>The other end of a loopback connection, played by a test byte by byte.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    public static readonly string V1 = new('1', 40);
    public static readonly Hash256 V2 = new(0x2222222222222222, 0x2222222222222222, 0x2222222222222222, 0x2222222222222222);
    public static readonly PeerTorrent Hybrid = new(new InfoHash(V1, V2), 10);
    public static readonly PeerTorrent V1Only = new(new InfoHash(V1, null), 10);
    public const PeerFeatures Modern = PeerFeatures.Fast | PeerFeatures.Extensions | PeerFeatures.V2;
    private static readonly PeerId Id = PeerId.Read("-XX0001-scripted-pee"u8);

    private ScriptedPeer(Socket socket, PeerConnection connection)
    {
        Socket = socket;
        Connection = connection;
    }

    public Socket Socket { get; }

    /// <summary>Our end.</summary>
    public PeerConnection Connection { get; }

    /// <summary>A pair of connected loopback sockets.</summary>
    public static async Task<(Socket Near, Socket Far)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return (near, await listener.AcceptAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Our end has dialled and nothing is answered yet.</summary>
    public static async Task<ScriptedPeer> DialledAsync(IPeerSink sink, PeerTorrent torrent, PeerSettings? settings = null)
    {
        var (near, far) = await PairAsync();
        return new(far, PeerConnection.StartOutbound(near, torrent, sink, settings ?? new()));
    }

    /// <summary>Both handshakes are done; the peer answered with the v2 hash where the torrent has one and its features say so.</summary>
    public static async Task<ScriptedPeer> ConnectedAsync(RecordingSink sink, PeerTorrent torrent, PeerFeatures features = Modern, PeerSettings? settings = null)
    {
        var peer = await DialledAsync(sink, torrent, settings);
        await peer.ReadAsync(Handshake.Size);
        await peer.AnswerAsync(torrent.V2 is { } v2 && features.HasFlag(PeerFeatures.V2) ? v2 : torrent.DialHash, features);
        await sink.Told("ready");
        return peer;
    }

    public Task AnswerAsync(WireHash hash, PeerFeatures features, PeerId? id = null) => SendAsync(to => new Handshake(features, hash, id ?? Id).Write(to));

    public Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        return SendAsync(to.WrittenMemory);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await Socket.SendAsync(bytes, TestContext.Current.CancellationToken)..];
        }
    }

    public Task SignalAsync(MessageId id) => SendAsync(new SignalMessage(id).Write);

    public Task BlockAsync(int piece, int begin, int length) => SendAsync(to =>
    {
        new PieceMessage(piece, begin, length).Write(to);
        to.Write(new byte[length]);
    });

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var got = 0; got < count;)
        {
            var n = await Socket.ReceiveAsync(bytes.AsMemory(got), TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);
            Assert.True(n > 0, "our end closed");
            got += n;
        }

        return bytes;
    }

    /// <summary>The next message that our end sent, as the golden files tell it.</summary>
    public async Task<string> ReadMessageAsync()
    {
        var prefix = await ReadAsync(4);
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        return MessageText.Read(new([.. prefix, .. await ReadAsync(length)]), new WireLimits(10)).Text;
    }

    /// <summary>Reads our greeting: HAVE_NONE and the extension handshake, as far as they were negotiated.</summary>
    public async Task<string[]> ReadGreetingAsync(int messages = 2)
    {
        var greeting = new string[messages];
        for (var i = 0; i < messages; i++)
        {
            greeting[i] = await ReadMessageAsync();
        }

        return greeting;
    }

    /// <summary>True once our end has closed.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            var buffer = new byte[4096];
            while (await Socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long) > 0)
            {
            }
        }
        catch (SocketException)
        {
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        Socket.Dispose();
        await Connection.DisposeAsync();
    }
}
