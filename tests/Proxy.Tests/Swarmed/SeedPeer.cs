using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>A BitTorrent seed on loopback that speaks this product's own wire types and behaves as a test wants.</summary>
internal sealed class SeedPeer : IAsyncDisposable
{
    private const byte MetadataId = 7;

    private readonly Film _film;
    private readonly byte[] _pieceSpace;
    private readonly SeedConduct _conduct;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private readonly PeerId _id = PeerId.Read([.. "-XX0001-"u8, .. Guid.NewGuid().ToByteArray()[..12]]);
    private int _connections;
    private int _blocksSent;
    private int _hashRequests;
    private int _metadataRequests;

    /// <param name="pieceSpace">All bytes of the torrent in its piece space; the film's own where it is the only file.</param>
    /// <param name="host">A ban is for an address: liars get one of their own.</param>
    public SeedPeer(Film film, SeedConduct? conduct = null, byte[]? pieceSpace = null, string host = "127.0.0.1")
    {
        Host = host;
        _listener = new(IPAddress.Parse(host), 0);
        _film = film;
        _pieceSpace = pieceSpace ?? film.Bytes;
        _conduct = conduct ?? new();
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public string Host { get; }

    public int Port { get; }

    public string Address => $"{Host}:{Port}";

    public int Connections => Volatile.Read(ref _connections);

    public int BlocksSent => Volatile.Read(ref _blocksSent);

    public int MetadataRequests => Volatile.Read(ref _metadataRequests);

    public int HashRequests => Volatile.Read(ref _hashRequests);

    /// <summary>Closes every connection and takes no more.</summary>
    public void Vanish()
    {
        _listener.Stop();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Vanish();
        await _accepting;
        await Task.WhenAll(_sessions);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _sockets.Add(socket);
                _sessions.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over, or the seed vanished.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var hello = new byte[Handshake.Size];
            await stream.ReadExactlyAsync(hello, _stop.Token);
            var features = PeerFeatures.Fast | PeerFeatures.Extensions | (_film.Torrent.HasV2Trees ? PeerFeatures.V2 : PeerFeatures.None);
            // A caller without the v2 bit stays on v1, as with libtorrent.
            var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(hello));
            Assert.True(Handshake.TryRead(ref reader, out var caller));
            var hash = WireHash.V2Of(_film.Torrent.InfoHash) is { } v2 && (caller.Supports(PeerFeatures.V2) || caller.InfoHash == v2) ? v2 : caller.InfoHash;
            await SendAsync(stream, to =>
            {
                new Handshake(features, hash, _id).Write(to);
                new SignalMessage(MessageId.HaveAll).Write(to);
                new ExtensionHandshake { MetadataId = MetadataId, MetadataBytes = _conduct.MetadataBytes ?? _film.Torrent.InfoBytes.Length }.Write(to);
            });
            var prefix = new byte[4];
            while (true)
            {
                await stream.ReadExactlyAsync(prefix, _stop.Token);
                var message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
                await stream.ReadExactlyAsync(message, _stop.Token);
                if (message.Length > 0)
                {
                    await AnswerAsync(stream, (MessageId)message[0], new(message.AsMemory(1)));
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side went away.
        }
    }

    private async Task AnswerAsync(NetworkStream stream, MessageId id, ReadOnlySequence<byte> payload)
    {
        switch (id)
        {
            case MessageId.Interested:
                if (_conduct.BeforeUnchoke is { } wait)
                {
                    await wait(_stop.Token);
                }

                await SendAsync(stream, new SignalMessage(MessageId.Unchoke).Write);
                break;
            case MessageId.Request when !_conduct.IsMute:
                await SendBlockAsync(stream, Read(payload));
                break;
            case MessageId.Extended when !_conduct.IsMute:
                await SendMetadataAsync(stream, payload);
                break;
            case MessageId.HashRequest when !_conduct.IsMute:
                Interlocked.Increment(ref _hashRequests);
                var request = ReadHashRequest(payload);
                await SendAsync(stream, _conduct.RefusesHashes ? request.WriteReject : Answer(request).Write);
                break;
        }
    }

    /// <summary>Answers a request for a piece of the metadata, under the id that our own end always names.</summary>
    private async Task SendMetadataAsync(NetworkStream stream, ReadOnlySequence<byte> payload)
    {
        var reader = new SequenceReader<byte>(payload);
        if (!ExtendedMessage.TryRead(ref reader, out var extended) || extended.ExtendedId != MetadataId || !MetadataMessage.TryRead(ref reader, out var request))
        {
            return;
        }

        Interlocked.Increment(ref _metadataRequests);
        var info = _film.Torrent.InfoBytes.ToArray();
        info = _conduct.AlterMetadata?.Invoke(info) ?? info;
        await SendAsync(stream, to =>
        {
            new MetadataMessage(MetadataKind.Data, request.Piece, info.Length).Write(to, ExtensionHandshake.OwnMetadataId);
            to.Write(info.AsSpan(request.Piece * MetadataMessage.PieceBytes, MetadataMessage.LengthOf(info.Length, request.Piece)));
        });
    }

    private static RequestMessage Read(ReadOnlySequence<byte> payload)
    {
        var reader = new SequenceReader<byte>(payload);
        Assert.True(RequestMessage.TryRead(ref reader, out var request));
        return request;
    }

    private static HashRequestMessage ReadHashRequest(ReadOnlySequence<byte> payload)
    {
        var reader = new SequenceReader<byte>(payload);
        Assert.True(HashRequestMessage.TryRead(ref reader, out var request));
        return request;
    }

    private async Task SendBlockAsync(NetworkStream stream, RequestMessage request)
    {
        var offset = ((long)request.Piece * _film.Torrent.PieceLength) + request.Begin;
        var block = (int)(offset / PieceLayout.BlockSize);
        if (_conduct.BeforeBlock is { } before)
        {
            await before(block, _stop.Token);
        }

        var bytes = _pieceSpace.AsSpan((int)offset, request.Length).ToArray();
        bytes = _conduct.Alter?.Invoke(block, bytes) ?? bytes;
        await SendAsync(stream, to =>
        {
            if (_conduct.SendsUnasked)
            {
                // Another block's bytes under a place that was not asked for.
                new PieceMessage(request.Piece == 0 ? 1 : 0, 0, bytes.Length).Write(to);
                to.Write(bytes);
            }

            new PieceMessage(request.Piece, request.Begin, bytes.Length).Write(to);
            to.Write(bytes);
        });
        Interlocked.Increment(ref _blocksSent);
    }

    /// <summary>The hashes of the run and its uncles, from the file's own tree (BEP 52).</summary>
    private HashesMessage Answer(HashRequestMessage request)
    {
        var file = Enumerable.Range(0, _film.Torrent.Layout.Files.Length).Single(f => _film.Torrent.Layout.Files[f].PiecesRoot == request.PiecesRoot);
        var layers = Layers(file);
        var hashes = new List<Hash256>(layers[request.BaseLayer].AsSpan(request.Index, request.Length).ToArray());
        var height = request.BaseLayer + (int)Math.Log2(request.Length);
        var uncles = request.ProofLayers - Math.Max(0, (int)Math.Log2(request.Length) - 1);
        for (var (level, node) = (height, request.Index / request.Length); uncles > 0 && level < layers.Count - 1; level++, node /= 2, uncles--)
        {
            hashes.Add(layers[level][node ^ 1]);
        }

        var bytes = new byte[hashes.Count * Hash256.Size];
        for (var i = 0; i < hashes.Count; i++)
        {
            hashes[i].Write(bytes.AsSpan(i * Hash256.Size));
        }

        if (_conduct.LiesAboutHashes)
        {
            bytes[5] ^= 1;
        }

        return new(request, new(bytes));
    }

    private List<Hash256[]> Layers(int file)
    {
        var entry = _film.Torrent.Layout.Files[file];
        var layer = new Hash256[1 << MerkleTree.HeightOf(entry.BlockCount)];
        for (var b = 0; b < entry.BlockCount; b++)
        {
            layer[b] = MerkleTree.Leaf(_pieceSpace.AsSpan((entry.FirstBlock + b) * PieceLayout.BlockSize, (int)Math.Min(PieceLayout.BlockSize, entry.Length - ((long)b * PieceLayout.BlockSize))));
        }

        var layers = new List<Hash256[]> { layer };
        while (layer.Length > 1)
        {
            layer = [.. Enumerable.Range(0, layer.Length / 2).Select(i => MerkleTree.Parent(layer[2 * i], layer[(2 * i) + 1]))];
            layers.Add(layer);
        }

        return layers;
    }

    private async Task SendAsync(NetworkStream stream, Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            write(to);
        }

        await stream.WriteAsync(to.WrittenMemory, _stop.Token);
    }
}
