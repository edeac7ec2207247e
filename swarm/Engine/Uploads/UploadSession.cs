using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// One peer's side of uploading: what it asked for and waits for, whether it is choked, what it got. It checks each request
/// and keeps it; <see cref="Uploads"/> decides when it is served.
/// </summary>
/// <remarks>Thread-safe. Its lock is inside the swarm's, outside the connection's, and never held over IO or hashing.</remarks>
internal sealed class UploadSession : IPeerServer
{
    /// <summary>Requests refused in one round before the peer counts as one that floods: two queues full, for those that crossed a choke.</summary>
    public const int MaxRefusedPerRound = 2 * PeerSettings.ServedRequests;

    /// <summary>Hash requests answered in one round; of 512 hashes each they are 4 GiB of leaves, more than anybody plays in 10 s.</summary>
    public const int MaxHashesPerRound = 512;

    /// <summary>A batch that the kernel took this fast may be followed by a larger one, and by one that waits behind it.</summary>
    private const long QuickMicros = 20_000;

    /// <summary>A batch that took longer was too much to have on the way where another peer may be more urgent.</summary>
    private const long SlowMicros = 100_000;

    /// <summary>8 Mbit/s, a usual 1080p stream, as the scheduler takes it before it has measured.</summary>
    private const int UsualBytesPerSecond = 1_000_000;

    private const int MinBytesPerSecond = 1_000;

    private const int FirstBlocks = 2;
    private const int MaxLent = 2;

    private readonly Lock _gate = new();
    private readonly Uploads _node;
    private readonly SwarmUploads _swarm;
    private readonly SourceRecord _record;
    private readonly List<UploadEntry> _queue = [];
    private readonly Dictionary<int, Instant> _deadlines = [];
    private readonly List<(BlockBatch Batch, Instant LentAt)> _lent = new(MaxLent);
    /// <summary>What the peer has. The receiving thread's.</summary>
    private readonly PieceBits _has;
    private PeerConnection? _peer;
    private bool _choked = true;
    private bool _closed;
    private int _refused;
    private int _hashes;
    private int _batchBlocks = FirstBlocks;
    private int _mayLend = 1;
    private long _sentBytes;
    private int _position = -1;
    private int _playhead = -1;
    private Instant _playheadAt;
    private long _microsPerBlock;
    private int _shortestMicros = int.MaxValue;

    /// <param name="record">Who the peer is, for receipts and pages.</param>
    public UploadSession(Uploads node, SwarmUploads swarm, SourceRecord record)
    {
        (_node, _swarm, _record) = (node, swarm, record);
        Round = new(node.Now);
        _has = new(swarm.PieceCount);
    }

    /// <summary>The peer's number, as its swarm's events have it.</summary>
    public int Id => _record.Id;

    public SwarmUploads Swarm => _swarm;

    public SourceRecord Record => _record;

    /// <summary>It sees the v1 side of a hybrid: pieces count once their SHA-1 is checked.</summary>
    public bool IsV1View { get; private set; }

    /// <summary>It listens to the crowd, and knows the tree: it collects leaf hashes.</summary>
    private bool IsViewer(PeerConnection peer) => peer.TakesCrowd && !IsV1View;

    /// <summary>It listens to the crowd, whichever side of a hybrid it sees: a viewer of the same origin, or about to be one.</summary>
    public bool IsInCrowd => _peer is { TakesCrowd: true };

    public bool IsInterested => _peer is { IsPeerInterested: true };

    public bool IsChoked => Volatile.Read(ref _choked);

    /// <summary>Bytes of blocks that the kernel took for it.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>What it got, as fairness counts it: who starts late starts level with the others. Guarded by the pump of <see cref="Uploads"/>.</summary>
    public long ShareBytes { get; set; }

    /// <summary>What the choker remembers of it. Guarded by <see cref="Uploads"/>.</summary>
    public UploadRound Round { get; }

    /// <summary>The piece it asked for or announced last; -1 if it did neither.</summary>
    public int Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>What it asked for and the kernel has not taken.</summary>
    public long WaitingBytes
    {
        get
        {
            lock (_gate)
            {
                return _queue.Sum(e => (long)e.Message.Length) + _lent.Sum(l => (long)l.Batch.PayloadBytes);
            }
        }
    }

    /// <summary>Batches lent to its connection.</summary>
    public int Lent
    {
        get
        {
            lock (_gate)
            {
                return _lent.Count;
            }
        }
    }

    /// <summary>How much longer its round trip is than its shortest was; false where the kernel does not say.</summary>
    public bool TryGrowth(out long micros)
    {
        micros = 0;
        if (_peer is not { } peer || !peer.TryGetRoundTripMicros(out var now))
        {
            return false;
        }

        _shortestMicros = Math.Min(_shortestMicros, now);
        micros = now - _shortestMicros;
        return true;
    }

    // --- From the connection

    public void Greet(PeerConnection peer)
    {
        _peer = peer;
        IsV1View = _swarm.IsHybrid && !peer.IsV2;
        _swarm.Join(this, peer);
    }

    public void Interested(PeerConnection peer, bool isInterested) => _node.OnInterest(this);

    public void Requested(PeerConnection peer, in RequestMessage request)
    {
        var accepted = false;
        if (_swarm.Gives && _swarm.TryFind(request, IsV1View, IsViewer(peer), out var block))
        {
            Position = request.Piece;
            lock (_gate)
            {
                accepted = !_choked && !_closed && _queue.Count < PeerSettings.ServedRequests;
                if (accepted)
                {
                    _queue.Add(new(request, block, _node.Now, _deadlines.GetValueOrDefault(block, Instant.Never)));
                }
            }

            if (accepted)
            {
                _swarm.NoteAsked(block);
            }
        }

        if (accepted)
        {
            _node.Wake();
        }
        else if (++_refused > MaxRefusedPerRound)
        {
            peer.Close(new(PeerCloseKind.TooManyInvalid));
        }
        else
        {
            peer.Refuse(request);
        }
    }

    public void Cancelled(PeerConnection peer, in RequestMessage request)
    {
        var waited = false;
        lock (_gate)
        {
            for (var i = 0; i < _queue.Count && !waited; i++)
            {
                if (_queue[i].Message == request)
                {
                    _queue.RemoveAt(i);
                    waited = true;
                }
            }
        }

        // Else it is on its way already, or was never kept: then it has had its answer.
        if (waited)
        {
            peer.Refuse(request);
        }
    }

    public void HashesRequested(PeerConnection peer, in HashRequestMessage request)
    {
        if (++_hashes > 2 * MaxHashesPerRound)
        {
            peer.Close(new(PeerCloseKind.TooManyInvalid));
        }
        else if (_hashes > MaxHashesPerRound || !_swarm.TryAnswer(request, peer))
        {
            peer.Refuse(request);
        }
    }

    public void Sent(PeerConnection peer, BlockBatch batch)
    {
        var bytes = batch.PayloadBytes;
        lock (_gate)
        {
            var index = _lent.FindIndex(l => ReferenceEquals(l.Batch, batch));
            if (index < 0)
            {
                return;
            }

            Pace(_node.Now - _lent[index].LentAt);
            _lent.RemoveAt(index);
        }

        Interlocked.Add(ref _sentBytes, bytes);
        _record.Sent(bytes);
        _swarm.AddSent(bytes);
        _node.OnSent(batch, bytes);
    }

    /// <summary>The peer has these pieces: how rare each is, and where a viewer is, follows from it.</summary>
    public void OnHas(int firstPiece, int count)
    {
        for (var piece = firstPiece; piece < firstPiece + count; piece++)
        {
            if (!_has[piece])
            {
                _has[piece] = true;
                _swarm.CountHolder(piece, 1);
            }
        }

        if (count == 1)
        {
            Position = firstPiece;
        }
    }

    public void OnDontHave(int piece)
    {
        if (_has[piece])
        {
            _has[piece] = false;
            _swarm.CountHolder(piece, -1);
        }
    }

    /// <summary>The connection is over; what was lent to it is nobody's now.</summary>
    public void Closed()
    {
        BlockBatch[] lent;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _queue.Clear();
            lent = [.. _lent.Select(l => l.Batch)];
            _lent.Clear();
        }

        for (var piece = 0; piece < _has.Count; piece++)
        {
            OnDontHave(piece);
        }

        _swarm.Leave(this);
        _node.OnClosed(this, lent);
    }

    // --- From the node

    /// <summary>When the peer needs these blocks, whether it asked for them already or will; what it says last counts.</summary>
    public void SetDeadline(BlockRun blocks, Instant deadline)
    {
        lock (_gate)
        {
            for (var block = blocks.First; block < blocks.End; block++)
            {
                if (_deadlines.Count < 2 * PeerSettings.ServedRequests || _deadlines.ContainsKey(block))
                {
                    _deadlines[block] = deadline;
                }
            }

            for (var i = 0; i < _queue.Count; i++)
            {
                if (_deadlines.TryGetValue(_queue[i].Block, out var at))
                {
                    _queue[i] = _queue[i] with { Deadline = at };
                }
            }
        }

        _node.Wake();
    }

    /// <summary>Where the peer's reader is, and how fast it takes; 0 if the peer cannot say. Blocks that it asks for are due when the reader is there.</summary>
    public void SetPlayhead(int block, int bytesPerSecond)
    {
        lock (_gate)
        {
            _playhead = block;
            _playheadAt = _node.Now;
            _microsPerBlock = PieceLayout.BlockSize * 1_000_000L / Math.Max(MinBytesPerSecond, bytesPerSecond == 0 ? UsualBytesPerSecond : bytesPerSecond);
        }

        _node.Wake();
    }

    /// <summary>Gives it a slot or takes it; what waited is refused then. True if that is a change.</summary>
    public bool SetChoked(bool choked)
    {
        UploadEntry[] waited = [];
        lock (_gate)
        {
            if (_choked == choked || _closed)
            {
                return false;
            }

            Volatile.Write(ref _choked, choked);
            _peer!.SetChoking(choked);
            if (choked)
            {
                waited = [.. _queue];
                _queue.Clear();
            }
        }

        foreach (var entry in waited)
        {
            _peer.Refuse(entry.Message);
        }

        _peer.Flush();
        return true;
    }

    /// <summary>A piece came, was checked, and may be given.</summary>
    public void TellHave(int piece) => _peer?.TellHave(piece);

    /// <summary>A piece that was announced may no longer be given.</summary>
    public void TellDontHave(int piece) => _peer?.TellDontHave(piece);

    public void TellUploadOnly(bool isUploadOnly) => _peer?.SetUploadOnly(isUploadOnly);

    public void Flush() => _peer?.Flush();

    /// <summary>A new round: what may be refused in it is counted anew.</summary>
    public void BeginRound() => _refused = _hashes = 0;

    /// <summary>The most urgent request that can be served now; false if none can.</summary>
    public bool TryPeek(IUploadOrder order, Instant now, out UploadRequest best)
    {
        best = default;
        lock (_gate)
        {
            if (_choked || _closed || _queue.Count == 0 || _lent.Count >= _mayLend)
            {
                return false;
            }

            best = Describe(_queue[IndexOfBest(order, now)]);
            return true;
        }
    }

    /// <summary>Moves requests from the queue into the batch, the most urgent first, until it is full, the bytes are spent or none waits.</summary>
    public void Fill(BlockBatch batch, IUploadOrder order, Instant now, int maxBytes)
    {
        while (batch.PayloadBytes < maxBytes && batch.Blocks < _batchBlocks && TryTake(order, now, out var entry))
        {
            if (_swarm.TryRead(entry.Message, IsViewer(_peer!), batch.Next(entry.Message.Length)))
            {
                batch.Add(entry.Message);
                _swarm.CountSend(entry.Block);
            }
            else
            {
                // Evicted since it was asked for.
                _peer!.Refuse(entry.Message);
            }
        }
    }

    /// <summary>
    /// Hands the batch to the connection; false if it cannot take it or lost its slot while the batch was read: then what the batch
    /// answers is refused, and it is still the caller's.
    /// </summary>
    public bool Lend(BlockBatch batch, Instant now)
    {
        var lent = false;
        lock (_gate)
        {
            // Inside the lock: once SetChoked has returned, no block follows the choke.
            if (!_choked && !_closed && _peer!.SendBlocks(batch))
            {
                _lent.Add((batch, now));
                lent = true;
            }
        }

        foreach (var request in lent ? [] : batch.Answered)
        {
            _peer!.Refuse(request);
        }

        _peer!.Flush();
        return lent;
    }

    private bool TryTake(IUploadOrder order, Instant now, out UploadEntry entry)
    {
        lock (_gate)
        {
            if (_choked || _closed || _queue.Count == 0)
            {
                entry = default;
                return false;
            }

            var index = IndexOfBest(order, now);
            entry = _queue[index];
            _queue.RemoveAt(index);
            _deadlines.Remove(entry.Block);
            return true;
        }
    }

    private int IndexOfBest(IUploadOrder order, Instant now)
    {
        var best = 0;
        if (!order.KeepsArrival)
        {
            var request = Describe(_queue[0]);
            for (var i = 1; i < _queue.Count; i++)
            {
                var other = Describe(_queue[i]);
                if (order.Compare(other, request, now) < 0)
                {
                    (best, request) = (i, other);
                }
            }
        }

        return best;
    }

    private Instant DeadlineOf(in UploadEntry entry) =>
        entry.Deadline != Instant.Never || _playhead < 0 ? entry.Deadline
        : _playheadAt + (Math.Max(0, entry.Block - _playhead) * _microsPerBlock);

    private UploadRequest Describe(in UploadEntry entry) => new(
        Id, entry.Block, entry.ArrivedAt, DeadlineOf(entry), _swarm.HoldersOf(entry.Message.Piece), _swarm.SendsOf(entry.Block), ShareBytes);

    /// <summary>Larger batches while the kernel takes them at once, smaller ones where it does not: what is lent cannot be reordered any more.</summary>
    private void Pace(long tookMicros)
    {
        if (tookMicros < QuickMicros)
        {
            _batchBlocks = Math.Min(BlockBatch.MaxBlocks, 2 * _batchBlocks);
            _mayLend = MaxLent;
        }
        else
        {
            _mayLend = 1;
            if (tookMicros > SlowMicros)
            {
                _batchBlocks = Math.Max(1, _batchBlocks / 2);
            }
        }
    }
}
