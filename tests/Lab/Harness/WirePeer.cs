using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Lab.Harness;

/// <summary>
/// A seed of ours that speaks the wire rightly (BEP 3, 6, 10 and 52: it even serves the right hashes) and then does one
/// thing wrong, on purpose. It listens only; a tracker makes it known.
/// </summary>
public sealed class WirePeer : IAsyncDisposable
{
    private const double DripBytesPerSecond = 4096;

    private readonly byte[] _content;
    private readonly HashTree _tree;
    private readonly Torrent _torrent;
    private readonly Misbehaviour _misbehaviour;
    private readonly double _bytesPerSecond;
    private readonly byte[] _peerId = [.. "-SL0001-"u8, .. RandomNumberGenerator.GetBytes(12)];
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private int _handshakes;
    private int _blocksAsked;
    private int _hashesServed;
    private long _payloadBytes;

    private WirePeer(IPAddress address, byte[] content, HashTree tree, Torrent torrent, Misbehaviour misbehaviour, double bytesPerSecond)
    {
        _content = content;
        _tree = tree;
        _torrent = torrent;
        _misbehaviour = misbehaviour;
        _bytesPerSecond = misbehaviour == Misbehaviour.Drip ? DripBytesPerSecond : bytesPerSecond;
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(16);
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public int Handshakes => Volatile.Read(ref _handshakes);

    public int BlocksAsked => Volatile.Read(ref _blocksAsked);

    public int HashesServed => Volatile.Read(ref _hashesServed);

    public long PayloadBytes => Interlocked.Read(ref _payloadBytes);

    public static WirePeer Start(
        Bench bench, string address, Film film, HashTree tree, Torrent torrent, Misbehaviour misbehaviour, double bytesPerSecond) =>
        bench.Own(new WirePeer(IPAddress.Parse(address), film.Content, tree, torrent, misbehaviour, bytesPerSecond));

    /// <summary>Tells the tracker that this peer is a seed, under every hash of the torrent.</summary>
    public async Task AnnounceAsync(Opentracker tracker, CancellationToken stop)
    {
        foreach (var hash in _torrent.TrackerHashes)
        {
            var escaped = string.Concat(Convert.FromHexString(hash).Select(b => $"%{b:X2}"));
            var id = string.Concat(_peerId.Select(b => $"%{b:X2}"));
            var url = new Uri($"{tracker.Announce}?info_hash={escaped}&peer_id={id}&port={Endpoint.Port}&uploaded=0&downloaded=0&left=0&event=started&compact=1");
            using var answer = await HttpExchange.GetAsync(url, null, null, stop, from: Endpoint.Address);
            var text = Encoding.Latin1.GetString(await answer.ReadAllAsync(stop));
            if (text.Contains("failure reason", StringComparison.Ordinal))
            {
                throw new LabException($"the tracker refused a peer: {text}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        try
        {
            socket.NoDelay = true;
            if (!await HandshakeAsync(stream))
            {
                return;
            }

            Interlocked.Increment(ref _handshakes);
            await SendAsync(stream, 14, []); // have all, BEP 6
            await SendAsync(stream, 20, [0, .. "d1:mde1:v9:swarm-labe"u8]);
            await ReceiveLoopAsync(stream);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other side left, or the peer is being closed.
        }
    }

    private async Task<bool> HandshakeAsync(NetworkStream stream)
    {
        var theirs = new byte[68];
        await stream.ReadExactlyAsync(theirs, _end.Token);
        var asked = Convert.ToHexStringLower(theirs.AsSpan(28, 20));
        if (theirs[0] != 19 || !_torrent.TrackerHashes.Contains(asked))
        {
            return false;
        }

        // As libtorrent does: who knows v2 and asks by the v1 hash is answered with the v2 hash (BEP 52, upgrade path).
        var speaksV2 = (theirs[27] & 0x10) != 0;
        var answer = speaksV2 && _torrent.V2Truncated is { } v2 ? v2 : asked;
        byte[] ours = [19, .. "BitTorrent protocol"u8, 0, 0, 0, 0, 0, 0x10, 0, 0x14, .. Convert.FromHexString(answer), .. _peerId];
        await stream.WriteAsync(ours, _end.Token);
        return true;
    }

    private async Task ReceiveLoopAsync(NetworkStream stream)
    {
        var prefix = new byte[4];
        while (true)
        {
            await stream.ReadExactlyAsync(prefix, _end.Token);
            var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
            if (length == 0)
            {
                continue;
            }

            if (length is < 0 or > 1 << 20)
            {
                return;
            }

            var message = new byte[length];
            await stream.ReadExactlyAsync(message, _end.Token);
            switch (message[0])
            {
                case 2: // interested
                    await SendAsync(stream, 1, []); // unchoke
                    break;
                case 6 when length == 13:
                    await AnswerRequestAsync(stream, message);
                    break;
                case 21 when length == 49:
                    await AnswerHashRequestAsync(stream, message);
                    break;
            }
        }
    }

    private async Task AnswerRequestAsync(NetworkStream stream, byte[] message)
    {
        Interlocked.Increment(ref _blocksAsked);
        if (_misbehaviour == Misbehaviour.Mute)
        {
            return;
        }

        var piece = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1));
        var begin = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5));
        var bytes = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(9));
        var offset = ((long)piece * _torrent.PieceBytes) + begin;
        if (bytes is <= 0 or > 128 * 1024 || offset < 0 || offset + bytes > _content.Length)
        {
            return;
        }

        var block = _content.AsSpan((int)offset, bytes).ToArray();
        if (_misbehaviour == Misbehaviour.Corrupt)
        {
            block[block.Length / 2] ^= 0x5A;
        }

        await SendPacedAsync(stream, Frame(7, [.. message.AsSpan(1, 8), .. block]));
        Interlocked.Add(ref _payloadBytes, bytes);
    }

    private async Task AnswerHashRequestAsync(NetworkStream stream, byte[] message)
    {
        uint Field(int number) => BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(33 + (4 * number)));
        var answer = message.AsSpan(1, 32).SequenceEqual(_tree.Root) ? _tree.Answer(Field(0), Field(1), Field(2), Field(3)) : null;
        if (answer is null)
        {
            await SendAsync(stream, 23, message[1..]);
            return;
        }

        Interlocked.Increment(ref _hashesServed);
        await SendAsync(stream, 22, [.. message.AsSpan(1), .. answer]);
    }

    /// <summary>Twenty slices a second at the peer's rate: a player sees bytes trickle, not bursts.</summary>
    private async Task SendPacedAsync(NetworkStream stream, ReadOnlyMemory<byte> bytes)
    {
        var slice = (int)Math.Max(64, _bytesPerSecond / 20);
        while (!bytes.IsEmpty)
        {
            var n = Math.Min(slice, bytes.Length);
            await stream.WriteAsync(bytes[..n], _end.Token);
            bytes = bytes[n..];
            await Task.Delay(TimeSpan.FromSeconds(n / _bytesPerSecond), _end.Token);
        }
    }

    private async Task SendAsync(NetworkStream stream, byte id, byte[] body) => await stream.WriteAsync(Frame(id, body), _end.Token);

    private static byte[] Frame(byte id, byte[] body)
    {
        var frame = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, 1 + body.Length);
        frame[4] = id;
        body.CopyTo(frame, 5);
        return frame;
    }
}
