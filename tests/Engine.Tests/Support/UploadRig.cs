using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine.Tests;

/// <summary>A swarm that gives: a content with a tree, the node's uploads, and a listener that leeches dial over loopback.</summary>
internal sealed class UploadRig : IAsyncDisposable
{
    private readonly PeerListener _listener;
    private readonly List<RawLeech> _leeches = [];

    public UploadRig(
        int blocks = 16, MetainfoFormat format = MetainfoFormat.V2, ShareMode share = ShareMode.Seed, double? ratio = null, long? upLimit = null,
        Metainfo? metainfo = null, StoredContent? treeStore = null, Authority authority = Authority.Tree, bool confirmed = true, PeerSettings? peers = null, IUploadOrder? order = null,
        string? givenFile = null)
    {
        Bytes = TestTorrent.Bytes((blocks * TestTorrent.Block) - 1_000);
        Metainfo = metainfo ?? TestTorrent.Of(Bytes, format: format);
        Node = new TestNode(options: new() { MemoryBytes = 16 << 20, Share = share, RatioLimit = ratio, UpLimitBytesPerSecond = upLimit, GivenFile = givenFile });
        Budget = new UploadBudget(upLimit, seed: 1);
        Uploads = new Uploads(Node.Context, Budget, order ?? new FairOrder());
        Loop = Node.Loop(Metainfo.Layout, Metainfo.InfoHash);
        Loop.ReadersChanged = (_, _) => Uploads.OnReadersChanged();
        Swarm = Uploads.Open(Loop, Metainfo);
        Content = Node.Content(Bytes.Length);
        Content.BindTree(new(Metainfo, 0, authority, confirmed), treeStore);
        Assert.True(Loop.TryAttach(Content, 0));
        Feed = new(Node, Content, Bytes);
        Torrent = new(Metainfo.InfoHash, Metainfo.PieceCount);
        _listener = PeerListener.Start(new(IPAddress.Loopback, 0), Admit, peers ?? new() { Time = Node.Time });
    }

    public byte[] Bytes { get; }

    public Metainfo Metainfo { get; }

    public PeerTorrent Torrent { get; }

    public TestNode Node { get; }

    public UploadBudget Budget { get; }

    public Uploads Uploads { get; }

    public SwarmLoop Loop { get; }

    public SwarmUploads Swarm { get; }

    public FileContent Content { get; }

    public ContentFeed Feed { get; }

    public List<UploadSession> Sessions { get; } = [];

    public Hash256 Root => Metainfo.Layout.Files[0].PiecesRoot;

    /// <summary>Every leaf is known and every block is here, from a peer.</summary>
    public UploadRig Fill(int first = 0, int? count = null)
    {
        Content.LearnLeaves(0, TestTorrent.Leaves(Bytes), giver: 1);
        for (var block = first; block < first + (count ?? Content.BlockCount); block++)
        {
            Feed.Peer(block);
        }

        return this;
    }

    public Task HoldsAsync(int pieces) => Until.True(() => Swarm.HeldPieces == pieces, () => $"{Swarm.HeldPieces} pieces held, not {pieces}");

    /// <summary>A leech that has shaken hands and read what we have.</summary>
    public async Task<RawLeech> LeechAsync(PeerFeatures features = RawLeech.Modern, bool v1 = false, int? receiveBufferBytes = null)
    {
        var leech = await RawLeech.ConnectAsync(_listener.LocalEndPoint, (v1 ? Torrent.V1 : Torrent.V2 ?? Torrent.V1)!.Value, features, Metainfo.PieceCount, receiveBufferBytes);
        _leeches.Add(leech);
        return leech;
    }

    /// <summary>A leech that wants something and has a slot.</summary>
    public async Task<RawLeech> UnchokedAsync(PeerFeatures features = RawLeech.Modern, bool v1 = false, int? receiveBufferBytes = null)
    {
        var leech = await LeechAsync(features, v1, receiveBufferBytes);
        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
        return leech;
    }

    /// <summary>What a request for these bytes of a piece must bring.</summary>
    public byte[] Expected(int piece, int begin, int length)
    {
        var all = new byte[Math.Max(Bytes.Length, (piece * Metainfo.PieceLength) + begin + length)];
        Bytes.CopyTo(all, 0);
        return all.AsSpan((piece * Metainfo.PieceLength) + begin, length).ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var leech in _leeches)
        {
            leech.Dispose();
        }

        await _listener.DisposeAsync();
        await Until.True(() => Swarm.Sessions.Count == 0, "sessions of closed leeches are gone");
        await Uploads.DisposeAsync();
        await Until.True(() => Uploads.BatchesOut == 0, () => $"{Uploads.BatchesOut} batches were not given back");
        await Node.DisposeAsync();
    }

    private PeerAdmission Admit(WireHash hash, IPEndPoint from)
    {
        var record = Node.Context.Sources.Add(Node.Context.NextId(), SourceKind.Peer, from.ToString());
        var session = Swarm.NewSession(record);
        lock (Sessions)
        {
            Sessions.Add(session);
        }

        return new(Torrent, new Sink(session), session);
    }

    /// <summary>Passes on what uploading needs to know of the other direction.</summary>
    private sealed class Sink(UploadSession session) : IPeerSink
    {
        public void Ready(PeerConnection peer)
        {
        }

        public void Described(PeerConnection peer)
        {
        }

        public void Has(PeerConnection peer, int firstPiece, int count) => session.OnHas(firstPiece, count);

        public void DontHave(PeerConnection peer, int piece) => session.OnDontHave(piece);

        public void Choked(PeerConnection peer, bool requestsDropped)
        {
        }

        public void Unchoked(PeerConnection peer)
        {
        }

        public void AllowedFast(PeerConnection peer, int piece)
        {
        }

        public void BlockProgress(PeerConnection peer, int piece, int begin, int bytesSoFar)
        {
        }

        public void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload)
        {
        }

        public void Rejected(PeerConnection peer, int piece, int begin, int length)
        {
        }

        public void Hashes(PeerConnection peer, in HashesMessage message)
        {
        }

        public void HashesRejected(PeerConnection peer, in HashRequestMessage request)
        {
        }

        public void BatchEnd(PeerConnection peer)
        {
        }

        public void Closed(PeerConnection peer, PeerClose reason) => session.Closed();
    }
}

/// <summary>A leech played by a test, message by message.</summary>
internal sealed class RawLeech : IDisposable
{
    public const PeerFeatures Modern = PeerFeatures.Fast | PeerFeatures.Extensions | PeerFeatures.V2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly int _pieces;

    private RawLeech(Socket socket, int pieces) => (_socket, _pieces) = (socket, pieces);

    public Socket Socket => _socket;

    /// <summary>Speaks on a connection whose handshake is done.</summary>
    public static RawLeech On(Socket socket, int pieces) => new(socket, pieces);

    public static async Task<RawLeech> ConnectAsync(IPEndPoint to, WireHash hash, PeerFeatures features, int pieces, int? receiveBufferBytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(to, TestContext.Current.CancellationToken);
        var leech = new RawLeech(socket, pieces);
        var id = new byte[PeerId.RandomBytes];
        Random.Shared.NextBytes(id);
        await leech.SendAsync(w => new Handshake(features, hash, PeerId.Own(id)).Write(w));
        await leech.ReadBytesAsync(Handshake.Size);
        return leech;
    }

    public async Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        for (var bytes = to.WrittenMemory; !bytes.IsEmpty;)
        {
            bytes = bytes[await _socket.SendAsync(bytes, TestContext.Current.CancellationToken)..];
        }
    }

    public Task SignalAsync(MessageId id) => SendAsync(new SignalMessage(id).Write);

    public Task RequestAsync(int piece, int begin, int length) => SendAsync(new RequestMessage(piece, begin, length).Write);

    /// <summary>The next message; null once the other end has closed.</summary>
    public async Task<(MessageId Id, byte[] Payload)?> ReadAsync()
    {
        while (true)
        {
            if (await ReadBytesAsync(4) is not { } prefix)
            {
                return null;
            }

            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(prefix);
            if (length > 0)
            {
                return await ReadBytesAsync(length) is { } frame ? ((MessageId)frame[0], frame[1..]) : null;
            }
        }
    }

    /// <summary>Reads up to a message of this kind.</summary>
    public async Task<byte[]> UntilAsync(MessageId id)
    {
        var seen = new List<MessageId>();
        while (await ReadAsync() is { } message)
        {
            if (message.Id == id)
            {
                return message.Payload;
            }

            seen.Add(message.Id);
        }

        Assert.Fail($"closed before {id}, after {string.Join(", ", seen)}");
        return [];
    }

    /// <summary>Reads all that is sent until a message of one of these kinds, which is the last of the list.</summary>
    public async Task<List<(MessageId Id, byte[] Payload)>> AllUntilAsync(Func<(MessageId Id, byte[] Payload), bool> last)
    {
        var all = new List<(MessageId, byte[])>();
        while (await ReadAsync() is { } message)
        {
            all.Add(message);
            if (last(message))
            {
                return all;
            }
        }

        Assert.Fail($"closed after {string.Join(", ", all.Select(m => m.Item1))}");
        return all;
    }

    /// <summary>Our first message, as piece numbers.</summary>
    public async Task<int[]> HeldAsync()
    {
        var (id, payload) = (await ReadAsync())!.Value;
        return id switch
        {
            MessageId.HaveAll => [.. Enumerable.Range(0, _pieces)],
            MessageId.HaveNone => [],
            MessageId.Bitfield => [.. Enumerable.Range(0, _pieces).Where(p => (payload[p / 8] & (0x80 >> (p % 8))) != 0)],
            _ => throw new InvalidOperationException($"the first message is {id}"),
        };
    }

    /// <summary>The bytes of the next block, with where they belong.</summary>
    public async Task<(int Piece, int Begin, byte[] Bytes)> BlockAsync()
    {
        var payload = await UntilAsync(MessageId.Piece);
        return (Number(payload, 0), Number(payload, 4), payload[8..]);
    }

    /// <summary>True once the other end has closed, whatever it sent before.</summary>
    public async Task<bool> IsClosedAsync()
    {
        while (await ReadAsync() is not null)
        {
        }

        return true;
    }

    public static int Number(byte[] payload, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(at));

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]?> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        try
        {
            for (var got = 0; got < count;)
            {
                var n = await _socket.ReceiveAsync(bytes.AsMemory(got), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
                if (n == 0)
                {
                    return null;
                }

                got += n;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }

        return bytes;
    }
}
