using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

// Whom it keeps: who calls, who is the same peer twice, who goes and may come back.
internal sealed partial class TorrentSwarm
{
    /// <summary>An inbound connection for this torrent; null refuses it.</summary>
    public PeerAdmission? Accept(IPEndPoint from)
    {
        lock (_gate)
        {
            if (_closed || _places.IsBanned(from.Address) || (_places.IsFull && _places.Lesser(from, _context.Now) is null))
            {
                return null;
            }

            // It counts once its handshake is done: a caller that never gets there takes nobody's place.
            var source = new PeerSource(_context, Loop, _metainfo, Uploads, _crowd, from, this);
            return new(_torrent, source, source.Upload);
        }
    }

    PeerClose? IPeerKeeper.OnReady(PeerSource source)
    {
        PeerSource? twin;
        PeerSource? lesser = null;
        lock (_gate)
        {
            twin = _places.TwinOf(source);
            if (twin is not null && !TwinRule.Replaces(source, twin, _network.PeerSettings.PeerId))
            {
                // The one address may be dialled again once the other connection is gone.
                if (_book.Find(source.EndPoint) is { } same)
                {
                    same.KeptBy = twin.Id;
                }

                return new(PeerCloseKind.Duplicate);
            }

            if (_closed || _places.IsBanned(source.EndPoint.Address)
                || (twin is null && !_places.Has(source) && _places.IsFull && (lesser = _places.Lesser(source.EndPoint, _context.Now)) is null))
            {
                return new(PeerCloseKind.Unwanted);
            }

            if (lesser is not null)
            {
                _places.Remove(lesser);
            }

            _places.Add(source);
            source.SettledAt = _context.Now;
            if (twin is not null && _book.Find(twin.EndPoint) is { } replaced)
            {
                replaced.KeptBy = source.Id;
            }
        }

        _met.TrySetResult();
        twin?.Close(new(PeerCloseKind.Duplicate));
        lesser?.Close();
        return null;
    }

    void IPeerKeeper.OnDescribed(PeerSource source, PeerConnection peer)
    {
        if (peer.OwnAddress is { } own)
        {
            _network.Own.Hear(source.EndPoint.Address, own);
        }

        if (!peer.IsInbound || peer.ListenPort == 0)
        {
            return;
        }

        var endPoint = new IPEndPoint(source.EndPoint.Address, peer.ListenPort);
        Learn(endPoint, FoundBy.Caller);
        lock (_gate)
        {
            if (_book.Find(endPoint) is { } candidate)
            {
                candidate.KeptBy = source.Id;
            }
        }
    }

    void IPeerKeeper.OnExchanged(PeerSource source, PexMessage message)
    {
        var verdict = _pex.Hear(source, _context.Now);
        if (verdict == PexVerdict.Flood)
        {
            _context.Events.Publish("peer.refused", $"{source.Address} names peers too often");
            source.Close(new(PeerCloseKind.ExchangeFlood));
        }

        if (verdict != PexVerdict.Take)
        {
            return;
        }

        foreach (var (named, flags) in message.Added)
        {
            // What may not be dialled is not remembered: hearsay leads into no local network.
            var endPoint = named.ToEndPoint();
            if (_network.Policy.Verdict(DialPurpose.Peer, endPoint) is not null)
            {
                continue;
            }

            lock (_gate)
            {
                if (!_closed && !_places.IsBanned(endPoint.Address))
                {
                    _book.Learn(endPoint, FoundBy.Pex, source.Id, flags.HasFlag(PexFlags.Seed), flags.HasFlag(PexFlags.Reachable));
                }
            }
        }

        DialMore();
    }

    void IPeerKeeper.OnClosed(PeerSource source, PeerClose reason)
    {
        lock (_gate)
        {
            _places.Remove(source);
            foreach (var kept in _book.All)
            {
                kept.KeptBy = kept.KeptBy == source.Id ? 0 : kept.KeptBy;
            }

            var forGood = source.IsBanned || reason.Kind is PeerCloseKind.SelfConnection or PeerCloseKind.WrongInfoHash or PeerCloseKind.NotBitTorrent or PeerCloseKind.ExchangeFlood;
            if (source.IsBanned)
            {
                _places.Ban(source.EndPoint.Address);
            }

            if (_book.Find(source.EndPoint) is { } candidate)
            {
                candidate.Attempts = source.Record.ReceivedBytes > 0 ? 0 : candidate.Attempts;
                _book.Retire(candidate, _context.Now, forGood);
            }
        }
    }

    /// <summary>A peer that left before its lie was known does not come back under another number.</summary>
    private void BanGone(int id)
    {
        if (_context.Sources.Find(id) is { Kind: SourceKind.Peer } record && IPEndPoint.TryParse(record.Address, out var endPoint))
        {
            lock (_gate)
            {
                _places.Ban(endPoint.Address);
            }
        }
    }
}
