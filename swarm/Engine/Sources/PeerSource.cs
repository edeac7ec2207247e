using System.Buffers;
using System.Net;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// One peer connection as a source of blocks: turns decisions into wire commands and wire messages into events. A block is
/// copied and hashed on the receiving thread while it is hot, and admitted or condemned there.
/// </summary>
internal sealed class PeerSource : IBlockSource, IPeerSink
{
    /// <summary>BEP 52 asks for at most 512 hashes a message.</summary>
    private const int MaxLeaves = HashRequestMessage.MaxLength;

    private readonly EngineContext _context;
    private readonly SwarmLoop _loop;
    private readonly Metainfo _metainfo;
    private readonly SwarmCrowd _crowd;
    private readonly IPeerKeeper _keeper;
    private readonly Lock _hashGate = new();
    private readonly Dictionary<HashRequestMessage, BlockRun> _hashRequests = [];
    private readonly Hash256[] _hashes = new Hash256[MaxLeaves + HashRequestMessage.MaxProofLayers];
    private volatile PeerConnection? _connection;
    private volatile bool _closing;
    private volatile bool _banned;
    private volatile bool _choked = true;
    private long _pieces;
    private readonly ReceiveRate _rate;

    public PeerSource(EngineContext context, SwarmLoop loop, Metainfo metainfo, SwarmUploads uploads, SwarmCrowd crowd, IPEndPoint address, IPeerKeeper keeper)
    {
        _context = context;
        _loop = loop;
        _metainfo = metainfo;
        _crowd = crowd;
        _keeper = keeper;
        _rate = new(context);
        EndPoint = address;
        Id = context.NextId();
        Record = context.Sources.Add(Id, SourceKind.Peer, address.ToString());
        Record.Infohash = metainfo.InfoHash.Id;
        Upload = uploads.NewSession(Record);
    }

    public int Id { get; }
    public IPEndPoint EndPoint { get; }
    public SourceKind Kind => SourceKind.Peer;
    public string Address => EndPoint.ToString();
    public string? ClientName => Record.ClientName;
    public IPEndPoint? LocalEndPoint => _connection?.LocalEndPoint;
    public SourceRecord Record { get; }

    /// <summary>What it gets from us.</summary>
    public UploadSession Upload { get; }

    /// <summary>Bytes of this peer's blocks that failed their hash.</summary>
    public long RejectedBytes { get; private set; }

    /// <summary>What the peer calls this instance of itself, once its handshake is here.</summary>
    public PeerId PeerId => _connection?.PeerId ?? default;

    /// <summary>Since when its handshake is done and it has its place; null before. Guarded by its swarm's lock.</summary>
    public Instant? SettledAt { get; set; }

    public bool IsSettled => SettledAt is not null;

    /// <summary>The peer dialled us.</summary>
    public bool IsInbound => _connection is { IsInbound: true };

    /// <summary>The connection is for the v2 hash.</summary>
    public bool IsV2 => _connection is { IsV2: true };

    /// <summary>It wants to hear of other peers (BEP 11).</summary>
    public bool TakesPeers => _connection is { TakesPeers: true };

    /// <summary>Where others may dial it: what was dialled, or where it says that it takes calls; null where it does not say.</summary>
    public IPEndPoint? DialAddress => _connection switch
    {
        { IsInbound: false } => EndPoint,
        { ListenPort: > 0 and var port } => new(EndPoint.Address, port),
        _ => null,
    };

    /// <summary>It has everything, or wants nothing.</summary>
    public bool IsSeed => _connection is { IsUploadOnly: true } || Volatile.Read(ref _pieces) >= _loop.Layout.PieceCount;

    public bool IsChoked => _choked;
    public bool IsBanned => _banned;

    /// <summary>The part of the torrent that it has, 0 to 1.</summary>
    public double HaveRatio => _loop.Layout.PieceCount == 0 ? 0 : Math.Min(1, (double)Volatile.Read(ref _pieces) / _loop.Layout.PieceCount);

    /// <summary>Over the last second or two.</summary>
    public double BytesPerSecond => _rate.BytesPerSecond;

    public double? RttMs => _connection is { } c && c.TryGetRoundTripMicros(out var micros) ? micros / 1000.0 : null;

    private int BlocksPerPiece => _loop.Layout.BlocksPerPiece;

    // --- Decisions

    public void Request(BlockRun run, Instant deadline)
    {
        _crowd.BeforeRequests(this, run.First);
        for (var block = run.First; block < run.End; block++)
        {
            if (_connection?.RequestBlock(block / BlocksPerPiece, Begin(block), _loop.Layout.BlockBytes(block)) != true)
            {
                _loop.Post(EventKind.Rejected, Id, block, 1);
            }
        }
    }

    public void Cancel(BlockRun run)
    {
        for (var block = run.First; block < run.End; block++)
        {
            _connection?.CancelBlock(block / BlocksPerPiece, Begin(block), _loop.Layout.BlockBytes(block));
        }
    }

    public void AskHashes(BlockRun run)
    {
        var index = _loop.Layout.FileOf(run.First);
        if (index < 0 || _connection is not { IsV2: true } connection)
        {
            // A connection that stayed v1 never answers; asking would make the peer close it.
            _loop.Post(EventKind.HashesRefused, Id, run.First, run.Count, 1);
            return;
        }

        var file = _loop.Layout.Files[index];
        foreach (var plan in HashRequestPlan.ForLeaves(_metainfo, index, new(run.First - file.FirstBlock, run.Count)))
        {
            var message = new HashRequestMessage(plan.PiecesRoot, plan.BaseLayer, plan.Index, plan.Length, plan.ProofLayers);
            lock (_hashGate)
            {
                _hashRequests[message] = new(file.FirstBlock + plan.Index, Math.Min(plan.Length, file.BlockCount - plan.Index));
            }

            if (!connection.AskHashes(message))
            {
                Refuse(message);
            }
        }
    }

    public void Ban(int block)
    {
        _banned = true;
        _loop.Accuse(Id, block);
        _context.Events.Publish("peer.banned", $"{Address} sent block {block} with a wrong hash");
        _connection?.Close(new(PeerCloseKind.Banned));
    }

    public void Flush() => _connection?.Flush();

    public void TellPeers(PexMessage message)
    {
        _connection?.TellPeers(message);
        Flush();
    }

    public void Close() => Close(new(PeerCloseKind.Unwanted));

    public void Close(PeerClose reason)
    {
        // During the handshake there is nothing to close yet: Ready looks at the flag.
        _closing = true;
        _connection?.Close(reason);
    }

    /// <summary>The connection that is in its handshake; known for peers that were dialled.</summary>
    public void Bind(PeerConnection connection)
    {
        _connection = connection;
        if (_closing)
        {
            connection.Close(new(PeerCloseKind.Unwanted));
        }
    }

    // --- What the wire says

    public void Ready(PeerConnection peer)
    {
        _connection = peer;
        if ((_closing ? new PeerClose(PeerCloseKind.Unwanted) : _keeper.OnReady(this)) is { } reason)
        {
            peer.Close(reason);
            return;
        }

        Record.Connected = true;
        Record.ClientName = peer.ClientName;
        _loop.Join(Id, this, peer.ReqQ, peer.TryGetRoundTripMicros(out var rtt) ? rtt : 0);
        _crowd.Joined(this, peer);
        peer.SetInterested();
        _context.Events.Publish("peer.joined", $"{Address} ({peer.ClientName})");
    }

    public void Described(PeerConnection peer)
    {
        Record.ClientName = peer.ClientName;
        _keeper.OnDescribed(this, peer);

        _crowd.Described(this, peer);
    }

    public void Exchanged(PeerConnection peer, PexMessage message) => _keeper.OnExchanged(this, message);

    public void Crowd(PeerConnection peer, in CrowdMessage message, ref SequenceReader<byte> rest) => _crowd.Hear(this, message, ref rest);

    public void Has(PeerConnection peer, int firstPiece, int count)
    {
        Volatile.Write(ref _pieces, _pieces + count);
        Upload.OnHas(firstPiece, count);
        _loop.Post(EventKind.SourceHas, Id, firstPiece * BlocksPerPiece, BlocksIn(firstPiece, count));
    }

    public void DontHave(PeerConnection peer, int piece)
    {
        Volatile.Write(ref _pieces, Math.Max(0, _pieces - 1));
        Upload.OnDontHave(piece);
        _loop.Post(EventKind.SourceLacks, Id, piece * BlocksPerPiece, BlocksIn(piece, 1));
    }

    public void Choked(PeerConnection peer, bool requestsDropped)
    {
        _choked = true;
        _loop.Post(EventKind.Choked, Id, 0, 0, requestsDropped ? 1 : 0);
    }

    public void Unchoked(PeerConnection peer)
    {
        _choked = false;
        _loop.Post(EventKind.Unchoked, Id);
    }

    public void AllowedFast(PeerConnection peer, int piece) =>
        _loop.Post(EventKind.AllowedFast, Id, piece * BlocksPerPiece, BlocksIn(piece, 1));

    public void BlockProgress(PeerConnection peer, int piece, int begin, int bytesSoFar) =>
        _loop.Post(EventKind.Progress, Id, BlockOf(piece, begin), bytesSoFar);

    public void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload)
    {
        var block = BlockOf(piece, begin);
        var bytes = (int)payload.Length;
        Record.Received(bytes);
        _context.Metrics.AddReceived(SourceKind.Peer, bytes);
        _rate.Add(bytes);
        if (_loop.FileAt(block, out var fileBlock) is not { } content)
        {
            // Nobody has the file's place, or not yet again: what is not kept is not here, or its next content would wait for it in vain.
            _loop.Post(EventKind.Arrived, Id, block, bytes);
            _loop.Post(EventKind.Lost, -1, block, 1);
            return;
        }

        if (_context.Pool.TryRent() is not { } buffer)
        {
            // Memory is full: the block counts as refused and is asked for again when there is room.
            _context.RelieveMemory();
            _loop.Post(EventKind.Rejected, Id, block, 1);
            return;
        }

        // The zeros of a pad that a v1 peer sends along belong to no file.
        bytes = Math.Min(bytes, content.BlockBytes(fileBlock));
        payload.Slice(0, bytes).CopyTo(buffer.Span);
        if (!content.CompletePeer(fileBlock, buffer, bytes, Id, MerkleTree.Leaf(buffer.Span[..bytes])))
        {
            RejectedBytes += bytes;
        }
    }

    public void Rejected(PeerConnection peer, int piece, int begin, int length) =>
        _loop.Post(EventKind.Rejected, Id, BlockOf(piece, begin), 1);

    public void Hashes(PeerConnection peer, in HashesMessage message)
    {
        if (!TakeRequest(message.Request, out var run) || _loop.FileAt(run.First, out _) is not { } content || content.Tree is not { } tree
            || message.Count > _hashes.Length)
        {
            return;
        }

        var all = _hashes.AsSpan(0, message.Count);
        message.CopyTo(0, all);
        var request = message.Request;
        if (LeafRun.TryVerify(_metainfo, tree.File, request.BaseLayer, request.Index, request.Length, all[..request.Length], all[request.Length..]))
        {
            content.LearnLeaves(request.Index, all[..request.Length], Id);
            return;
        }

        // Hashes that do not climb to the root are a lie as good as a wrong block.
        _banned = true;
        Record.Ban(new(run.First, "hashes that do not lead to the pieces root", _context.Time.GetUtcNow()));
        _context.Events.Publish("peer.banned", $"{Address} sent hashes that do not lead to the pieces root");
        _loop.Post(EventKind.HashesRefused, Id, run.First, run.Count);
        peer.Close(new(PeerCloseKind.Banned));
    }

    public void HashesRejected(PeerConnection peer, in HashRequestMessage request) => Refuse(request);

    public void BatchEnd(PeerConnection peer)
    {
    }

    public void Closed(PeerConnection peer, PeerClose reason)
    {
        Record.Connected = false;
        Upload.Closed();
        _crowd.Left(this);
        _loop.Leave(Id);
        _context.Events.Publish("peer.left", $"{Address}: {reason}");
        _keeper.OnClosed(this, reason);
    }

    // --- Arithmetic

    private int BlockOf(int piece, int begin) => (piece * BlocksPerPiece) + (begin / PieceLayout.BlockSize);

    private int Begin(int block) => block % BlocksPerPiece * PieceLayout.BlockSize;

    private int BlocksIn(int firstPiece, int count) =>
        Math.Min(count * BlocksPerPiece, _loop.Layout.BlockCount - (firstPiece * BlocksPerPiece));

    private bool TakeRequest(in HashRequestMessage message, out BlockRun run)
    {
        lock (_hashGate)
        {
            return _hashRequests.Remove(message, out run);
        }
    }

    private void Refuse(in HashRequestMessage request)
    {
        if (TakeRequest(request, out var run))
        {
            _loop.Post(EventKind.HashesRefused, Id, run.First, run.Count);
        }
    }
}
