using System.Buffers;
using System.Collections;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// Turns received bytes into calls of the sink and holds the rules of the protocol: order, negotiation, solicitation.
/// Owned by the receiving thread; allocates nothing per message.
/// </summary>
internal sealed class PeerInbox(PeerConnection peer, PeerOutbox outbox, IPeerSink sink, IPeerServer? server, PeerTorrent torrent, int maxInvalidMessages)
{
    private readonly WireLimits _limits = new(torrent.PieceCount);
    private readonly MetadataServer _metadata = new(torrent.Metadata);

    /// <summary>What the peer has told that it has.</summary>
    private readonly BitArray _has = new(torrent.PieceCount);
    private bool _sawCoreMessage;
    private bool _toldDhtPort;
    private int _invalidMessages;
    private PieceMessage _partial;
    private int _partialBytes;

    public int FrameMaxBytes => _limits.FrameMaxBytes;

    /// <summary>Bytes of blocks that were asked for.</summary>
    public long PayloadBytes { get; private set; }

    /// <summary>Bytes of blocks that nobody asked for.</summary>
    public long UnsolicitedBytes { get; private set; }

    /// <summary>Handles every whole message in <paramref name="buffer"/> and moves the buffer past them. False: close for <paramref name="reason"/>.</summary>
    public bool Take(ref ReadOnlySequence<byte> buffer, out PeerClose reason)
    {
        reason = default;
        while (!peer.IsClosed)
        {
            switch (FrameReader.Read(ref buffer, _limits, out var frame, out var error))
            {
                case FrameStatus.Message:
                    error = Handle(frame);
                    if (error.Fault != WireFault.None)
                    {
                        reason = new(PeerCloseKind.Protocol, error);
                        return false;
                    }

                    if (_invalidMessages > maxInvalidMessages || outbox.IsOverfull)
                    {
                        reason = new(outbox.IsOverfull ? PeerCloseKind.SendBacklog : PeerCloseKind.TooManyInvalid);
                        return false;
                    }

                    break;
                case FrameStatus.KeepAlive:
                    break;
                case FrameStatus.NeedMore:
                    ReportPartial(buffer);
                    return true;
                default:
                    reason = new(PeerCloseKind.Protocol, error);
                    return false;
            }
        }

        // The sink closed it: nothing more is told.
        return false;
    }

    private WireError Handle(in Frame frame)
    {
        if (frame.Id is MessageId.HaveAll or MessageId.HaveNone or MessageId.SuggestPiece or MessageId.RejectRequest or MessageId.AllowedFast && !peer.SupportsFast)
        {
            return new(WireFault.NotNegotiated, frame.Id);
        }

        if (frame.Id is MessageId.HashRequest or MessageId.Hashes or MessageId.HashReject && !peer.IsV2)
        {
            return new(WireFault.NotV2, frame.Id);
        }

        var reader = new SequenceReader<byte>(frame.Payload);
        switch (frame.Id)
        {
            case MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone:
                return OnAvailability(frame.Id, ref reader);
            case MessageId.Extended:
                return OnExtended(ref reader);
            case MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested:
                _sawCoreMessage = true;
                OnSignal(frame.Id);
                return default;
            case MessageId.Have:
                _sawCoreMessage = true;
                return OnHave(ref reader);
            case MessageId.Piece:
                _sawCoreMessage = true;
                return OnPiece(ref reader);
            case MessageId.Request:
                _sawCoreMessage = true;
                return OnRequest(ref reader);
            case MessageId.Cancel:
                _sawCoreMessage = true;
                return OnCancel(ref reader);
            case MessageId.Port:
                return OnPort(ref reader);
            case MessageId.RejectRequest:
                _sawCoreMessage = true;
                return OnReject(ref reader);
            case MessageId.AllowedFast:
                return OnAllowedFast(ref reader);
            case MessageId.Hashes:
                _sawCoreMessage = true;
                return OnHashes(ref reader);
            case MessageId.HashReject:
                _sawCoreMessage = true;
                return OnHashReject(ref reader);
            case MessageId.HashRequest:
                _sawCoreMessage = true;
                return OnHashRequest(ref reader);
            default:
                // SUGGEST, and what nobody here knows.
                return default;
        }
    }

    // libtorrent sends its extension handshake before its bitfield, so "first" means first of the rest. aria2 sends a bitfield under way in
    // place of many haves; what it adds is told, and one that adds nothing counts against the peer.
    private WireError OnAvailability(MessageId id, ref SequenceReader<byte> reader)
    {
        var isLate = _sawCoreMessage;
        if (isLate && id != MessageId.Bitfield)
        {
            return new(WireFault.LateAvailability, id);
        }

        _sawCoreMessage = true;
        if (id == MessageId.HaveAll)
        {
            _has.SetAll(true);
            sink.Has(peer, 0, torrent.PieceCount);
        }
        else if (id == MessageId.Bitfield)
        {
            if (!BitfieldMessage.TryRead(ref reader, torrent.PieceCount, out var bitfield))
            {
                return new(WireFault.SpareBitsSet, id);
            }

            var told = false;
            for (var from = 0; bitfield.TryNextRun(from, out var first, out var count); from = first + count)
            {
                told |= TellNew(first, first + count);
            }

            if (isLate && !told)
            {
                _invalidMessages++;
            }
        }

        return default;
    }

    /// <summary>Tells the runs within that the peer did not have before; false if there are none.</summary>
    private bool TellNew(int first, int end)
    {
        var told = false;
        while (first < end)
        {
            var until = first;
            while (until < end && !_has[until])
            {
                _has[until++] = true;
            }

            if (until > first)
            {
                sink.Has(peer, first, until - first);
                told = true;
            }

            first = until + 1;
        }

        return told;
    }

    private void OnSignal(MessageId id)
    {
        switch (id)
        {
            case MessageId.Choke:
                sink.Choked(peer, outbox.OnChoked());
                break;
            case MessageId.Unchoke:
                outbox.OnUnchoked();
                sink.Unchoked(peer);
                break;
            default:
                peer.IsPeerInterested = id == MessageId.Interested;
                server?.Interested(peer, peer.IsPeerInterested);
                break;
        }
    }

    private WireError OnHave(ref SequenceReader<byte> reader)
    {
        if (!HaveMessage.TryRead(ref reader, out var have) || have.Piece >= torrent.PieceCount)
        {
            return new(WireFault.PieceOutOfRange, MessageId.Have, (uint)have.Piece, torrent.PieceCount);
        }

        _has[have.Piece] = true;
        sink.Has(peer, have.Piece, 1);
        return default;
    }

    private WireError OnPiece(ref SequenceReader<byte> reader)
    {
        if (!PieceMessage.TryRead(ref reader, out var piece) || piece.Piece >= torrent.PieceCount)
        {
            return new(WireFault.PieceOutOfRange, MessageId.Piece, (uint)piece.Piece, torrent.PieceCount);
        }

        if (!outbox.TrySettle(piece))
        {
            UnsolicitedBytes += piece.Length;
            _invalidMessages++;
            return default;
        }

        _partial = default;
        PayloadBytes += piece.Length;
        sink.Block(peer, piece.Piece, piece.Begin, reader.UnreadSequence);
        return default;
    }

    // Without a server every request is refused, or left unanswered where refusals do not exist.
    private WireError OnRequest(ref SequenceReader<byte> reader)
    {
        if (!RequestMessage.TryRead(ref reader, out var request))
        {
            return new(WireFault.BadField, MessageId.Request);
        }

        if (server is null)
        {
            outbox.Refuse(request);
        }
        else
        {
            server.Requested(peer, request);
        }

        return default;
    }

    private WireError OnCancel(ref SequenceReader<byte> reader)
    {
        if (!CancelMessage.TryRead(ref reader, out var cancel))
        {
            return new(WireFault.BadField, MessageId.Cancel);
        }

        server?.Cancelled(peer, new(cancel.Piece, cancel.Begin, cancel.Length));
        return default;
    }

    // Told once by everybody who keeps to BEP 5; one that goes on telling is not listened to.
    private WireError OnPort(ref SequenceReader<byte> reader)
    {
        if (!_toldDhtPort && PortMessage.TryRead(ref reader, out var message))
        {
            _toldDhtPort = true;
            peer.OnDhtPort(message.Port);
        }

        return default;
    }

    private WireError OnReject(ref SequenceReader<byte> reader)
    {
        if (!RejectRequestMessage.TryRead(ref reader, out var reject))
        {
            return new(WireFault.BadField, MessageId.RejectRequest);
        }

        if (!outbox.TrySettle(reject, out var wasCancelled))
        {
            _invalidMessages++;
        }
        else if (!wasCancelled)
        {
            sink.Rejected(peer, reject.Piece, reject.Begin, reject.Length);
        }

        return default;
    }

    private WireError OnAllowedFast(ref SequenceReader<byte> reader)
    {
        if (!AllowedFastMessage.TryRead(ref reader, out var allowed) || allowed.Piece >= torrent.PieceCount)
        {
            return new(WireFault.PieceOutOfRange, MessageId.AllowedFast, (uint)allowed.Piece, torrent.PieceCount);
        }

        outbox.OnAllowedFast(allowed.Piece);
        sink.AllowedFast(peer, allowed.Piece);
        return default;
    }

    private WireError OnHashes(ref SequenceReader<byte> reader)
    {
        if (!HashesMessage.TryRead(ref reader, out var hashes))
        {
            return new(WireFault.BadField, MessageId.Hashes);
        }

        if (outbox.TrySettle(hashes.Request))
        {
            sink.Hashes(peer, hashes);
        }
        else
        {
            _invalidMessages++;
        }

        return default;
    }

    private WireError OnHashReject(ref SequenceReader<byte> reader)
    {
        if (!HashRequestMessage.TryRead(ref reader, out var request))
        {
            return new(WireFault.BadField, MessageId.HashReject);
        }

        if (outbox.TrySettle(request))
        {
            sink.HashesRejected(peer, request);
        }
        else
        {
            _invalidMessages++;
        }

        return default;
    }

    private WireError OnHashRequest(ref SequenceReader<byte> reader)
    {
        if (!HashRequestMessage.TryRead(ref reader, out var request))
        {
            return new(WireFault.BadField, MessageId.HashRequest);
        }

        if (server is null)
        {
            outbox.Refuse(request);
        }
        else
        {
            server.HashesRequested(peer, request);
        }

        return default;
    }

    private WireError OnExtended(ref SequenceReader<byte> reader)
    {
        if (!ExtendedMessage.TryRead(ref reader, out var extended))
        {
            return new(WireFault.BadField, MessageId.Extended);
        }

        switch (extended.ExtendedId)
        {
            case ExtendedMessage.HandshakeId:
                if (!ExtensionHandshake.TryRead(ref reader, out var handshake))
                {
                    return new(WireFault.BadBencoding, MessageId.Extended);
                }

                peer.Describe(handshake);
                sink.Described(peer);
                return default;
            case ExtensionHandshake.OwnDontHaveId:
                if (!DontHaveMessage.TryRead(ref reader, out var lost))
                {
                    return new(WireFault.BadField, MessageId.Extended);
                }

                if (lost.Piece >= torrent.PieceCount)
                {
                    return new(WireFault.PieceOutOfRange, MessageId.Extended, (uint)lost.Piece, torrent.PieceCount);
                }

                _sawCoreMessage = true;
                _has[lost.Piece] = false;
                sink.DontHave(peer, lost.Piece);
                return default;
            case ExtensionHandshake.OwnMetadataId when !torrent.Metadata.IsEmpty:
                if (!MetadataMessage.TryRead(ref reader, out var asked))
                {
                    return new(WireFault.BadField, MessageId.Extended);
                }

                if (asked.Kind == MetadataKind.Request && peer.MetadataId != 0)
                {
                    outbox.Answer(_metadata, asked, peer.MetadataId);
                }

                return default;
            case ExtensionHandshake.OwnCrowdId:
                return OnCrowd(ref reader);
            case ExtensionHandshake.OwnPexId when torrent.ExchangesPeers:
                if (PexMessage.TryRead(ref reader, out var exchanged))
                {
                    sink.Exchanged(peer, exchanged);
                }
                else
                {
                    _invalidMessages++;
                }

                return default;
            default:
                // An extension that we did not offer.
                return default;
        }
    }

    private WireError OnCrowd(ref SequenceReader<byte> reader)
    {
        if (!CrowdMessage.TryRead(ref reader, out var message))
        {
            _invalidMessages++;
            return default;
        }

        if (message.Piece >= torrent.PieceCount)
        {
            return new(WireFault.PieceOutOfRange, MessageId.Extended, (uint)message.Piece, torrent.PieceCount);
        }

        if (message.Kind != CrowdKind.Unknown)
        {
            sink.Crowd(peer, message, ref reader);
        }

        return default;
    }

    private void ReportPartial(in ReadOnlySequence<byte> rest)
    {
        if (!FrameReader.TryPeekPiece(rest, out var piece, out var bytes) || bytes == 0)
        {
            _partial = default;
            return;
        }

        // The first sight of a block always counts, later ones if it grew.
        if ((piece != _partial || bytes > _partialBytes) && outbox.Expects(piece))
        {
            (_partial, _partialBytes) = (piece, bytes);
            sink.BlockProgress(peer, piece.Piece, piece.Begin, bytes);
        }
    }
}
