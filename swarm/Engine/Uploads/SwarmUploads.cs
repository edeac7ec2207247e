using System.Buffers;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// What one swarm gives: which pieces may be announced under which hash, to whom they were, and their bytes and hashes on
/// request. It follows the contents by looking again wherever they say that something changed.
/// </summary>
/// <remarks>
/// Thread-safe. <see cref="Changed"/> is called under a content's lock and only notes; <see cref="Reconcile"/>, on the node's
/// one upload task, looks and tells. This lock is taken before a session's and a connection's, never around a content's.
/// </remarks>
internal sealed class SwarmUploads : IBlockWatcher
{
    private readonly Lock _gate = new();
    private readonly Lock _dirtyGate = new();
    private readonly Uploads _node;
    private readonly Metainfo _metainfo;
    private readonly HashAnswers _answers;
    private readonly V1Pieces? _v1;
    private readonly PieceBits _held;
    private readonly PieceBits _heldV1;
    private readonly BlockBits _dirty;
    private readonly Dictionary<Hash256, int> _fileByRoot = [];
    private readonly List<UploadSession> _sessions = [];
    private readonly int[] _holders;
    private readonly byte[] _sends;
    private readonly GivenAccount _given;
    private long _backlogMicros;
    private volatile bool _announces;
    private volatile bool _gives;
    private volatile bool _condemned;
    private bool _uploadOnly;

    public SwarmUploads(Uploads node, SwarmLoop loop, Metainfo metainfo)
    {
        (_node, Loop, _metainfo) = (node, loop, metainfo);
        _answers = new(metainfo);
        _given = node.Ledger.Of(metainfo.InfoHash.Id);
        _held = new(loop.Layout.PieceCount);
        _heldV1 = new(loop.Layout.PieceCount);
        _dirty = new(loop.Layout.PieceCount);
        _holders = new int[loop.Layout.PieceCount];
        _sends = new byte[loop.Layout.BlockCount];
        _v1 = metainfo is { HasV1: true, HasV2Trees: true } ? new(metainfo, node.Priority, (piece, begin, to) => TryReadPadded(piece, begin, to, toViewer: false)) { Checked = OnChecked } : null;
        for (var file = loop.Layout.Files.Length - 1; file >= 0; file--)
        {
            // Files of the same bytes have the same root: the first one answers for all.
            _fileByRoot[loop.Layout.Files[file].PiecesRoot] = file;
        }
    }

    public SwarmLoop Loop { get; }

    /// <summary>When a client was last seen to read from it; null for never. Guarded by <see cref="Uploads"/>.</summary>
    public Instant? ReadAt { get; set; }

    public Metainfo Metainfo => _metainfo;

    public int PieceCount => _holders.Length;

    /// <summary>It has a v1 side beside the trees.</summary>
    public bool IsHybrid => _v1 is not null;

    /// <summary>Pieces it announces.</summary>
    public int HeldPieces
    {
        get
        {
            lock (_gate)
            {
                return _held.Held;
            }
        }
    }

    /// <summary>True if we have all of it.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _held.IsComplete;
            }
        }
    }

    /// <summary>True while what is here is announced.</summary>
    public bool Announces => _announces;

    /// <summary>True while requests are served.</summary>
    public bool Gives => _gives;

    /// <summary>Its two trees contradict each other: nothing of it is given any more.</summary>
    public bool IsCondemned => _condemned;

    /// <summary>Given by this node, in earlier runs too.</summary>
    public long SentBytes => _given.Bytes;

    public IReadOnlyList<UploadSession> Sessions
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions];
            }
        }
    }

    /// <summary>Bytes given over bytes held; a piece at least, for at the start of a node nothing is known to be held yet.</summary>
    public double Ratio => RatioWith(0);

    /// <summary>
    /// The same, where so many bytes more are on their way to a client. A viewer of a crowd has given more than it holds long before it
    /// holds the film: one that stops then leaves the others to the origin (tests/Lab, flash-crowd).
    /// </summary>
    public double RatioWith(long comingBytes)
    {
        var held = Math.Min((Math.Max(1, HeldPieces) * (long)_metainfo.PieceLength) + comingBytes, _metainfo.TotalLength);
        return held == 0 ? 0 : (double)SentBytes / held;
    }

    /// <summary>Whether pieces are announced at all, and whether requests are served now.</summary>
    public void SetMode(bool announces, bool gives)
    {
        announces &= !_condemned;
        _gives = gives && announces;
        if (_announces != announces)
        {
            _announces = announces;
            Changed(0, Loop.Layout.BlockCount);
        }
    }

    /// <summary>Tells the core how long what peers asked for will take: a node that owes much takes on nothing new for others.</summary>
    /// <param name="bytesPerSecond">What the node sends, or may.</param>
    public void TellBacklog(long bytesPerSecond)
    {
        var bytes = Sessions.Sum(s => s.WaitingBytes);
        var micros = bytes == 0 ? 0 : bytes * 1_000_000 / Math.Max(PieceLayout.BlockSize, bytesPerSecond);
        if (micros != _backlogMicros)
        {
            _backlogMicros = micros;
            Loop.Post(EventKind.UploadBacklog, -1, 0, micros);
        }
    }

    // --- What is here

    public void Changed(int first, int count)
    {
        var perPiece = Loop.Layout.BlocksPerPiece;
        lock (_dirtyGate)
        {
            for (var piece = first / perPiece; piece < _dirty.Count && piece * perPiece < first + count; piece++)
            {
                _dirty.Add(piece);
            }
        }

        _node.OnChanged(this);
    }

    /// <summary>Looks again at pieces that changed, and tells peers. One thread at a time.</summary>
    public void Reconcile()
    {
        while (TryTakeDirty(out var piece))
        {
            var may = _announces && MayGivePiece(piece);
            lock (_gate)
            {
                if (_held[piece] != may)
                {
                    _held[piece] = may;
                    Tell(piece, may, v1View: false);
                }

                if (!may && _heldV1[piece])
                {
                    _heldV1[piece] = false;
                    Tell(piece, may, v1View: true);
                }
            }

            if (may && _v1 is not null)
            {
                if (_v1.HasPassed(piece))
                {
                    OnChecked(piece, right: true);
                }
                else
                {
                    _v1.Consider(piece);
                }
            }
        }

        TellWishes();
        foreach (var session in Sessions)
        {
            session.Flush();
        }
    }

    // --- Peers

    public UploadSession NewSession(SourceRecord record) => new(_node, this, record);

    /// <summary>A connection is open: it is told what is here now, and from here on what changes.</summary>
    public void Join(UploadSession session, PeerConnection peer)
    {
        lock (_gate)
        {
            var held = session.IsV1View ? _heldV1 : _held;
            peer.Greet(held.ToWire(), held.Held, _uploadOnly);
            _sessions.Add(session);
        }

        if (session.IsV1View)
        {
            _v1!.Want();
        }
    }

    public void Leave(UploadSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
        }
    }

    /// <summary>A connected peer has a piece more, or less.</summary>
    public void CountHolder(int piece, int by) => Interlocked.Add(ref _holders[piece], by);

    /// <summary>Connected peers that have the piece.</summary>
    public int HoldersOf(int piece) => Volatile.Read(ref _holders[piece]);

    public int SendsOf(int block) => Volatile.Read(ref _sends[block]);

    /// <summary>A block goes out. By the node's upload task alone.</summary>
    public void CountSend(int block) => _sends[block] = (byte)Math.Min(byte.MaxValue, _sends[block] + 1);

    public void AddSent(int bytes) => _given.Add(bytes);

    // --- Requests

    /// <summary>The first block of a request that may be served: at most 16 KiB, inside one piece, of bytes that may be given.</summary>
    /// <param name="toViewer">The peer reads the same and collects leaf hashes: it may also have what no whole piece proves yet.</param>
    public bool TryFind(in RequestMessage request, bool v1View, bool toViewer, out int block)
    {
        block = 0;
        if (request.Length is <= 0 or > PieceLayout.BlockSize || (uint)request.Piece >= (uint)_held.Count || request.Begin < 0
            || (long)request.Begin + request.Length > PieceBytes(request.Piece, v1View))
        {
            return false;
        }

        if (v1View)
        {
            lock (_gate)
            {
                if (!_heldV1[request.Piece])
                {
                    return false;
                }
            }
        }

        var run = RunOf(request);
        block = run.First;
        return Loop.FileAt(run.First, out var fileBlock) is { } content && content.MayGive(new(fileBlock, run.Count), toViewer);
    }

    /// <summary>A request for this block waits to be answered.</summary>
    public void NoteAsked(int block) => Loop.FileAt(block, out var fileBlock)?.NoteAsked(fileBlock);

    /// <summary>Copies what was asked for; false if it may no longer be given.</summary>
    public bool TryRead(in RequestMessage request, bool toViewer, Span<byte> to) => TryReadPadded(request.Piece, request.Begin, to, toViewer);

    /// <summary>Answers a hash request, or leaves it to be refused.</summary>
    public bool TryAnswer(in HashRequestMessage request, PeerConnection peer)
    {
        if (!_announces || !_fileByRoot.TryGetValue(request.PiecesRoot, out var file) || Loop.File(file) is not { } content)
        {
            return false;
        }

        var hashes = ArrayPool<Hash256>.Shared.Rent(HashAnswers.MaxHashes);
        var bytes = ArrayPool<byte>.Shared.Rent(HashAnswers.MaxHashes * Hash256.Size);
        try
        {
            var count = _answers.Answer(file, request, content.TryLeavesToGive, hashes.AsSpan(0, HashAnswers.MaxHashes));
            for (var i = 0; i < count; i++)
            {
                hashes[i].Write(bytes.AsSpan(i * Hash256.Size));
            }

            return count > 0 && peer.SendHashes(new(request, new(bytes, 0, count * Hash256.Size)));
        }
        finally
        {
            ArrayPool<Hash256>.Shared.Return(hashes);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public Task CloseAsync() => _v1?.CloseAsync() ?? Task.CompletedTask;

    /// <summary>
    /// How far into a piece a request may reach. libtorrent 2.0 fills the last piece of a v2 torrent with padding and asks for
    /// whole blocks; what is past the file is zeros, as in the pad files of v1 (BEP 47).
    /// </summary>
    private int PieceBytes(int piece, bool v1View) => v1View || !_metainfo.HasV2Trees
        ? _metainfo.V1PieceBytes(new(piece))
        : Loop.Layout.BlocksOf(new PieceIndex(piece)).Count * PieceLayout.BlockSize;

    /// <summary>The blocks of file content that a request touches; a v1 request for padding alone touches the piece's last.</summary>
    private BlockRun RunOf(in RequestMessage request)
    {
        var blocks = Loop.Layout.BlocksOf(new PieceIndex(request.Piece));
        var first = Math.Min(blocks.First + (request.Begin / PieceLayout.BlockSize), blocks.End - 1);
        var last = Math.Min(blocks.First + ((request.Begin + request.Length - 1) / PieceLayout.BlockSize), blocks.End - 1);
        return new(first, last - first + 1);
    }

    /// <summary>Bytes of a piece, which may start and end within blocks; past the end of the file they are zeros (BEP 47).</summary>
    private bool TryReadPadded(int piece, int begin, Span<byte> to, bool toViewer)
    {
        var fileBytes = Loop.Layout.PieceBytes(new PieceIndex(piece));
        var first = piece * Loop.Layout.BlocksPerPiece;
        while (!to.IsEmpty)
        {
            if (begin >= fileBytes)
            {
                to.Clear();
                return true;
            }

            var within = begin % PieceLayout.BlockSize;
            var count = Math.Min(to.Length, Math.Min(PieceLayout.BlockSize - within, fileBytes - begin));
            if (Loop.FileAt(first + (begin / PieceLayout.BlockSize), out var block) is not { } content || !content.TryReadToGive(block, within, to[..count], toViewer))
            {
                return false;
            }

            to = to[count..];
            begin += count;
        }

        return true;
    }

    private bool MayGivePiece(int piece)
    {
        var blocks = Loop.Layout.BlocksOf(new PieceIndex(piece));
        return blocks.Count > 0 && Loop.FileAt(blocks.First, out var first) is { } content && content.MayGive(new(first, blocks.Count));
    }

    private bool TryTakeDirty(out int piece)
    {
        lock (_dirtyGate)
        {
            piece = _dirty.Next(0);
            return piece >= 0 && _dirty.Remove(piece);
        }
    }

    /// <summary>A piece of the v1 side was checked.</summary>
    private void OnChecked(int piece, bool right)
    {
        if (!right)
        {
            Condemn(piece);
            return;
        }

        lock (_gate)
        {
            if (!_held[piece] || _heldV1[piece])
            {
                return;
            }

            _heldV1[piece] = true;
            Tell(piece, held: true, v1View: true);
        }

        foreach (var session in Sessions.Where(s => s.IsV1View))
        {
            session.Flush();
        }
    }

    private void Condemn(int piece)
    {
        _condemned = true;
        SetMode(announces: false, gives: false);
        _node.OnCondemned(this, piece);
    }

    /// <summary>Inside the lock.</summary>
    private void Tell(int piece, bool held, bool v1View)
    {
        foreach (var session in _sessions)
        {
            if (session.IsV1View != v1View)
            {
                continue;
            }

            if (held)
            {
                session.TellHave(piece);
            }
            else
            {
                session.TellDontHave(piece);
            }
        }
    }

    /// <summary>Whether anything is still wanted of this swarm: a node that has what its clients asked for is a partial seed (BEP 21).</summary>
    private void TellWishes()
    {
        var uploadOnly = HeldPieces > 0;
        for (var file = 0; uploadOnly && file < Loop.Layout.Files.Length; file++)
        {
            uploadOnly = Loop.File(file) is not { } content || content.PresentBlocks == content.BlockCount;
        }

        lock (_gate)
        {
            if (_uploadOnly == uploadOnly)
            {
                return;
            }

            _uploadOnly = uploadOnly;
            foreach (var session in _sessions)
            {
                session.TellUploadOnly(uploadOnly);
            }
        }
    }
}
