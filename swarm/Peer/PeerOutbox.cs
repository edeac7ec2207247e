using System.Buffers;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// What is to be sent and what was asked for: commands of any thread append to one buffer, a single loop sends the whole
/// buffer at once. The lock guards the buffer and the books, and is never held over IO or a callback.
/// </summary>
internal sealed class PeerOutbox(Socket socket)
{
    // A peer that makes us write rejects and reads nothing. Our own requests at full depth are 34 KiB.
    private const int MaxBacklogBytes = 256 * 1024;

    // Hashes are refused beyond this: eight answers of 512 hashes, so that rejects and haves still fit behind them.
    private const int MaxHashBacklogBytes = 128 * 1024;

    // One that waits while the other is sent, so that the disk and the line work at the same time.
    private const int MaxBatches = 2;

    // Peers without the fast extension never settle a cancelled request; those with it settle each, however late.
    private const int MaxCancelledPlain = 512;
    private const int MaxCancelledFast = 2 * RequestTable.MaxRequests;
    private const int MaxHashRequests = 1024;

    // BEP 6 suggests 10 allowed-fast pieces; this only bounds what a peer can make us remember.
    private const int MaxAllowedFast = 1024;

    private readonly Lock _gate = new();
    private readonly WakeSignal _wake = new();
    private readonly RequestTable _requests = new();
    private readonly List<HashRequestMessage> _hashRequests = [];
    private readonly HashSet<int> _allowedFast = [];
    private readonly (BlockBatch Batch, int At)[] _sendingBatches = new (BlockBatch, int)[MaxBatches];
    private ArrayBufferWriter<byte> _pending = new(1024);
    private ArrayBufferWriter<byte> _sending = new(1024);
    private bool _isOpen;
    private bool _isStopped;
    private bool _isFast;
    private bool _peerChokes = true;
    private bool _isInterested;
    private bool _isChoking = true;
    private readonly List<(BlockBatch Batch, int At)> _batches = new(MaxBatches);
    private long _sentBytes;
    private long _sendCalls;
    private long _sendingSince;

    public long SentBytes => Interlocked.Read(ref _sentBytes);

    public long SendCalls => Interlocked.Read(ref _sendCalls);

    public bool PeerChokes => Volatile.Read(ref _peerChokes);

    public bool IsInterested => Volatile.Read(ref _isInterested);

    public bool IsChoking => Volatile.Read(ref _isChoking);

    /// <summary>When the batch of blocks that is being sent began to be, on the caller's clock; 0 while none is.</summary>
    public long SendingSince => Volatile.Read(ref _sendingSince);

    /// <summary>True once the peer has let this much pile up unread.</summary>
    public bool IsOverfull { get; private set; }

    public int LiveRequests
    {
        get
        {
            lock (_gate)
            {
                return _requests.Live;
            }
        }
    }

    public int UnansweredCancels
    {
        get
        {
            lock (_gate)
            {
                return _requests.Cancelled;
            }
        }
    }

    /// <summary>The handshake is done: commands are taken from now on.</summary>
    public void Open(bool isFast, ReadOnlySpan<byte> greeting)
    {
        lock (_gate)
        {
            _isFast = isFast;
            _isOpen = !_isStopped;
            _pending.Write(greeting);
        }
    }

    public void Flush() => _wake.Set();

    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            _isOpen = false;
        }

        _wake.Set();
    }

    public bool TryRequest(int piece, int begin, int length)
    {
        lock (_gate)
        {
            if (!_isOpen || (_peerChokes && !_allowedFast.Contains(piece)) || !_requests.TryAdd(piece, begin, length))
            {
                return false;
            }

            new RequestMessage(piece, begin, length).Write(_pending);
            return true;
        }
    }

    public bool TryCancel(int piece, int begin, int length)
    {
        lock (_gate)
        {
            if (!_isOpen || !_requests.TryCancel(piece, begin, length))
            {
                return false;
            }

            _requests.ForgetCancelledAbove(_isFast ? MaxCancelledFast : MaxCancelledPlain);
            new CancelMessage(piece, begin, length).Write(_pending);
            return true;
        }
    }

    public bool TryAskHashes(in HashRequestMessage request)
    {
        lock (_gate)
        {
            if (!_isOpen || _hashRequests.Count >= MaxHashRequests || _hashRequests.Contains(request))
            {
                return false;
            }

            _hashRequests.Add(request);
            request.Write(_pending);
            return true;
        }
    }

    public void SetInterested()
    {
        lock (_gate)
        {
            if (_isOpen && !_isInterested)
            {
                _isInterested = true;
                new SignalMessage(MessageId.Interested).Write(_pending);
            }
        }
    }

    public void SetChoking(bool choking)
    {
        lock (_gate)
        {
            if (_isChoking != choking && HasRoom())
            {
                _isChoking = choking;
                new SignalMessage(choking ? MessageId.Choke : MessageId.Unchoke).Write(_pending);
            }
        }
    }

    public void TellHave(int piece)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                new HaveMessage(piece).Write(_pending);
            }
        }
    }

    public void TellDontHave(int piece, byte extendedId)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                new DontHaveMessage(piece).Write(_pending, extendedId);
            }
        }
    }

    public void TellCrowd(in CrowdMessage message, ReadOnlySpan<Hash256> leaves, byte extendedId)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                message.Write(_pending, extendedId, leaves);
            }
        }
    }

    public void TellPeers(PexMessage message, byte extendedId)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                message.Write(_pending, extendedId);
            }
        }
    }

    public void Describe(ExtensionHandshake handshake)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                handshake.Write(_pending);
            }
        }
    }

    /// <summary>Queues blocks behind everything said before, ahead of everything said later. False if two wait already.</summary>
    public bool TrySend(BlockBatch batch)
    {
        lock (_gate)
        {
            if (!_isOpen || _batches.Count == MaxBatches)
            {
                return false;
            }

            _batches.Add((batch, _pending.WrittenCount));
            return true;
        }
    }

    /// <summary>Queues a refusal of what the peer asked for; without the fast extension there is none.</summary>
    public void Refuse(in RequestMessage request)
    {
        lock (_gate)
        {
            if (_isFast && HasRoom())
            {
                new RejectRequestMessage(request.Piece, request.Begin, request.Length).Write(_pending);
            }
        }
    }

    /// <summary>False if too much waits unread already.</summary>
    public bool TrySendHashes(in HashesMessage hashes)
    {
        lock (_gate)
        {
            if (!_isOpen || _pending.WrittenCount > MaxHashBacklogBytes)
            {
                return false;
            }

            hashes.Write(_pending);
            return true;
        }
    }

    public void Refuse(in HashRequestMessage request)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                request.WriteReject(_pending);
            }
        }
    }

    /// <summary>Queues a piece of the metadata, or its refusal.</summary>
    public void Answer(MetadataServer metadata, in MetadataMessage request, byte theirId)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                metadata.Answer(request, theirId, _pending.WrittenCount, _pending);
            }
        }
    }

    public void KeepAlive()
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                KeepAliveMessage.Write(_pending);
            }
        }

        Flush();
    }

    /// <summary>True if requests were dropped without a reject each.</summary>
    public bool OnChoked()
    {
        lock (_gate)
        {
            _peerChokes = true;
            if (_isFast)
            {
                return false;
            }

            _requests.CancelAll();
            return true;
        }
    }

    public void OnUnchoked()
    {
        lock (_gate)
        {
            _peerChokes = false;
        }
    }

    public void OnAllowedFast(int piece)
    {
        lock (_gate)
        {
            if (_allowedFast.Count < MaxAllowedFast)
            {
                _allowedFast.Add(piece);
            }
        }
    }

    public bool Expects(in PieceMessage piece)
    {
        lock (_gate)
        {
            return _requests.Expects(piece.Piece, piece.Begin, piece.Length);
        }
    }

    public bool TrySettle(in PieceMessage piece)
    {
        lock (_gate)
        {
            return _requests.TrySettleByBlock(piece.Piece, piece.Begin, piece.Length);
        }
    }

    public bool TrySettle(in RejectRequestMessage reject, out bool wasCancelled)
    {
        lock (_gate)
        {
            return _requests.TrySettleByReject(reject.Piece, reject.Begin, reject.Length, out wasCancelled);
        }
    }

    public bool TrySettle(in HashRequestMessage request)
    {
        lock (_gate)
        {
            return _hashRequests.Remove(request);
        }
    }

    /// <summary>Sends until stopped. Ends by an exception of the socket.</summary>
    /// <param name="now">The clock of <see cref="SendingSince"/>; never 0.</param>
    public async Task SendLoopAsync(Func<long> now, Action<BlockBatch?> onSent)
    {
        while (true)
        {
            await _wake.WaitAsync().ConfigureAwait(false);
            while (TryTake(out var messages, out var batches))
            {
                var at = 0;
                for (var i = 0; i < batches; i++)
                {
                    var (batch, place) = _sendingBatches[i];
                    Volatile.Write(ref _sendingSince, now());
                    await SendAsync(messages[at..place]).ConfigureAwait(false);
                    await SendAsync(batch.Messages).ConfigureAwait(false);
                    at = place;
                    Volatile.Write(ref _sendingSince, 0);
                    onSent(batch);
                }

                await SendAsync(messages[at..]).ConfigureAwait(false);
                onSent(null);
            }

            if (Volatile.Read(ref _isStopped))
            {
                return;
            }
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Interlocked.Increment(ref _sendCalls);
            var sent = await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
            Interlocked.Add(ref _sentBytes, sent);
        }
    }

    private bool TryTake(out ReadOnlyMemory<byte> messages, out int batches)
    {
        lock (_gate)
        {
            (_pending, _sending) = (_sending, _pending);
            _pending.ResetWrittenCount();
            messages = _isStopped ? default : _sending.WrittenMemory;
            batches = _isStopped ? 0 : _batches.Count;
            _batches.CopyTo(0, _sendingBatches, 0, batches);
            _batches.Clear();
            return !messages.IsEmpty || batches > 0;
        }
    }

    private bool HasRoom()
    {
        IsOverfull |= _pending.WrittenCount > MaxBacklogBytes;
        return _isOpen && !IsOverfull;
    }
}
