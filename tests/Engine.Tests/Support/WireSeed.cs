using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>A seed on loopback that speaks the wire: it has everything, and unchokes who wants something.</summary>
internal sealed class WireSeed : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Metainfo _torrent;
    private readonly byte[][] _files;
    private readonly PeerId _id;
    private readonly WireCrowd _crowd;
    private int _open;
    private int _blocks;

    /// <param name="crowd">With whom it lets who is interested ask, and begins to give; none for a seed by itself.</param>
    public WireSeed(Metainfo torrent, byte[][] files, WireCrowd? crowd = null)
    {
        (_torrent, _files, _crowd) = (torrent, files, crowd ?? new(1));
        _id = PeerId.Read([.. "-XX0001-"u8, .. Guid.NewGuid().ToByteArray()[..12]]);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Connections that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    public int BlocksSent => Volatile.Read(ref _blocks);

    /// <summary>Dials the node, under the v1 hash or the v2 hash, as a seed that heard of it does.</summary>
    public void Call(IPEndPoint node, bool v2) => _ = Task.Run(async () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(node, _stop.Token);
            await ServeAsync(socket, v2 ? WireHash.V2Of(_torrent.InfoHash) : WireHash.V1Of(_torrent.InfoHash));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
        }
    });

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                _ = Task.Run(() => ServeAsync(socket, callsFor: null));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket, WireHash? callsFor)
    {
        Interlocked.Increment(ref _open);
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            if (callsFor is { } hash)
            {
                await SendAsync(stream, to => new Handshake(RawLeech.Modern, hash, _id).Write(to));
            }

            var hello = new byte[Handshake.Size];
            await stream.ReadExactlyAsync(hello, _stop.Token);
            await SendAsync(stream, to =>
            {
                if (callsFor is null)
                {
                    new Handshake(RawLeech.Modern, (WireHash.V2Of(_torrent.InfoHash) ?? WireHash.V1Of(_torrent.InfoHash))!.Value, _id).Write(to);
                }

                new SignalMessage(MessageId.HaveAll).Write(to);
                new ExtensionHandshake { ListenPort = callsFor is null ? 0 : EndPoint.Port }.Write(to);
            });
            var prefix = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(prefix, _stop.Token);
                var message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
                await stream.ReadExactlyAsync(message, _stop.Token);
                if (message.Length > 0)
                {
                    await AnswerAsync(stream, (MessageId)message[0], message.AsMemory(1));
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side went away.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task AnswerAsync(NetworkStream stream, MessageId id, ReadOnlyMemory<byte> payload)
    {
        switch (id)
        {
            case MessageId.Interested:
                await _crowd.AskAsync(this).WaitAsync(_stop.Token);
                await SendAsync(stream, new SignalMessage(MessageId.Unchoke).Write);
                _crowd.Unchoked(this);
                break;
            case MessageId.HashRequest:
                var hashes = new SequenceReader<byte>(new(payload));
                Assert.True(HashRequestMessage.TryRead(ref hashes, out var asked));
                await SendAsync(stream, asked.WriteReject);
                break;
            case MessageId.Request:
                var reader = new SequenceReader<byte>(new(payload));
                Assert.True(RequestMessage.TryRead(ref reader, out var request));
                await _crowd.AllUnchoked.WaitAsync(_stop.Token);
                await SendAsync(stream, to =>
                {
                    new PieceMessage(request.Piece, request.Begin, request.Length).Write(to);
                    to.Write(Bytes(request));
                });
                Interlocked.Increment(ref _blocks);
                break;
        }
    }

    private ReadOnlySpan<byte> Bytes(in RequestMessage request)
    {
        var block = (request.Piece * _torrent.Layout.BlocksPerPiece) + (request.Begin / PieceLayout.BlockSize);
        var file = _torrent.Layout.FileOf(block);
        return _files[file].AsSpan((block - _torrent.Layout.Files[file].FirstBlock) * PieceLayout.BlockSize, request.Length);
    }

    private async Task SendAsync(NetworkStream stream, Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        await stream.WriteAsync(to.WrittenMemory, _stop.Token);
    }
}
