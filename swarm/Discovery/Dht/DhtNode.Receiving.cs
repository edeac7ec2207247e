using System.Buffers.Binary;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

// What others send: answers to our queries, and queries, whose answers are bounded.
public sealed partial class DhtNode
{
    /// <summary>Strangers who asked us something and are asked back between two ticks: they may be nodes for the table, or nobody at all.</summary>
    private const int MaxNewcomers = 2;

    private long _receivedPackets;
    private long _receivedBytes;
    private long _sentPackets;
    private long _sentBytes;
    private long _garbage;
    private long _queries;
    private long _refused;

    /// <summary>A datagram came in. Its bytes are not kept.</summary>
    public void Receive(PeerEndpoint source, ReadOnlyMemory<byte> datagram, Instant now)
    {
        _receivedPackets++;
        _receivedBytes += datagram.Length;
        _budget.Received(datagram.Length, now);
        if (!IsOurs(source) || !Bep05Krpc.TryRead(datagram, out var message))
        {
            _garbage++;
            return;
        }

        if (message.Kind == KrpcKind.Query)
        {
            OnQuery(source, message, datagram.Length, now);
            return;
        }

        if (message.Transaction.Length != sizeof(uint)
            || !_pending.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(message.Transaction.Span), out var pending) || pending.To != source)
        {
            // Too late, somebody else's, or guessed.
            _garbage++;
            return;
        }

        _pending.Remove(BinaryPrimitives.ReadUInt32BigEndian(message.Transaction.Span));
        OnAnswer(pending, message, now);
        Advance(now);
    }

    private void OnAnswer(Pending pending, Bep05Krpc message, Instant now)
    {
        _answered.Add(pending.To, now);
        if (message.Seen is { } seen && IsOurs(seen))
        {
            OnSeen(pending.To, seen);
        }

        if (message.Kind == KrpcKind.Error)
        {
            pending.Search?.Failed(pending.To);
            return;
        }

        var response = message.Response;
        if (_routers.GetValueOrDefault(pending.To, true))
        {
            _table.Answered(new(response.Id, pending.To), now);
        }

        _hints.Remove(pending.To);
        if (pending.Search is not { } search || !_searches.Contains(search))
        {
            return;
        }

        search.Answered(pending.To, response);
        foreach (var node in response.Nodes)
        {
            if (!IsOurs(node.EndPoint))
            {
                Sibling?.Hint(node.EndPoint, now);
            }
            else if (node.Id != Id && _settings.MayReach(node.EndPoint))
            {
                search.Learn(node.Id, node.EndPoint);
            }
        }

        if (search.Goal.WantsPeers && search.New([.. response.Peers.Where(p => !IsOurPeer(p, search.Goal))]) is { Count: > 0 } peers)
        {
            search.Goal.Found?.Invoke(peers);
        }
    }

    private bool IsOurPeer(PeerEndpoint peer, DhtSearchGoal goal) => _votes.Believed is { } own && peer == own with { Port = goal.AnnouncedPort };

    // Who sees us at an address of this machine sees no NAT between; and that this address is ours we know by ourselves, so one voice is enough.
    private void OnSeen(PeerEndpoint voter, PeerEndpoint seen)
    {
        var isOwn = _settings.IsOwnAddress(seen);
        IsReadOnly &= !isOwn;
        if ((isOwn ? _votes.Believe(seen) : _votes.Add(voter, seen)) && !Bep42NodeId.IsValid(Id, _votes.Believed!.Value))
        {
            _table = _table.Around(Bep42NodeId.For(_votes.Believed.Value, _random.NextId()));
        }
    }

    private void OnQuery(PeerEndpoint source, Bep05Krpc message, int bytes, Instant now)
    {
        _queries++;
        if (!_contacted.Contains(source))
        {
            // A packet that nothing of ours opened a way for has come through: we can be reached.
            IsReadOnly = false;
        }

        if (IsReadOnly || !_isActive)
        {
            return;
        }

        var isKnown = _answered.Contains(source);
        var allowed = _budget.Allowed(source, bytes, isKnown, now);
        if (allowed <= 0 || !_settings.MayReach(source))
        {
            _refused++;
            return;
        }

        var query = message.Query;
        if (!WriteAnswer(source, query, message.Transaction.Span, Math.Min(allowed, Bep05Krpc.MaxDatagramBytes), now))
        {
            _refused++;
            return;
        }

        _budget.Spent(source, _writer.WrittenCount, isKnown);
        Send(source);
        Meet(source, query, isKnown, now);
    }

    /// <summary>Writes the answer, cut to what is allowed: fewer peers, then fewer nodes. False if even the shortest is too long.</summary>
    private bool WriteAnswer(PeerEndpoint source, in KrpcQuery query, ReadOnlySpan<byte> transaction, int allowed, Instant now)
    {
        _writer.ResetWrittenCount();
        if (query.Method == KrpcMethod.Unknown || (query.Method == KrpcMethod.AnnouncePeer && !IsGoodToken(query.Token.Span, source, now)))
        {
            Bep05Krpc.WriteError(_writer, query.Method == KrpcMethod.Unknown ? new(KrpcError.UnknownMethod, "unknown method") : new(KrpcError.Protocol, "bad token"), transaction);
            return _writer.WrittenCount <= allowed;
        }

        var response = new KrpcResponse(Id);
        switch (query.Method)
        {
            case KrpcMethod.AnnouncePeer:
                _store.Add(query.Target, query.IsPortImplied ? source : source with { Port = query.Port }, now);
                break;
            case KrpcMethod.FindNode:
                response = response with { Nodes = NodesFor(query, now) };
                break;
            case KrpcMethod.GetPeers:
                response = response with { Nodes = NodesFor(query, now), Token = TokenFor(source, now), Peers = _store.Some(query.Target, MaxPeersTold, _random) };
                break;
        }

        while (true)
        {
            _writer.ResetWrittenCount();
            Bep05Krpc.WriteResponse(_writer, response, transaction, source);
            var over = _writer.WrittenCount - allowed;
            if (over <= 0)
            {
                return true;
            }

            if (response.Peers.Count > 0)
            {
                var fewer = over / Bep23CompactPeers.EntryBytes / 2;
                response = response with { Peers = [.. response.Peers.Take(response.Peers.Count - 1 - fewer)] };
            }
            else if (response.Nodes.Count > 0)
            {
                response = response with { Nodes = [.. response.Nodes.Take(response.Nodes.Count - 1 - (over / NodeContact.IPv6Bytes / 2))] };
            }
            else
            {
                return false;
            }
        }
    }

    private byte[] TokenFor(PeerEndpoint asker, Instant now)
    {
        var token = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(token, _tokens.For(asker, now));
        return token;
    }

    /// <summary>It was given to who is at this address: nobody announces one at which he receives nothing.</summary>
    private bool IsGoodToken(ReadOnlySpan<byte> token, PeerEndpoint asker, Instant now) =>
        token.Length == sizeof(ulong) && _tokens.IsGood(BinaryPrimitives.ReadUInt64BigEndian(token), asker, now);

    /// <summary>Nodes and token take 400 bytes of a packet: the rest.</summary>
    private int MaxPeersTold => _settings.IsIPv6 ? 40 : 100;

    private List<NodeContact> NodesFor(in KrpcQuery query, Instant now)
    {
        var wants4 = query.Want == KrpcWant.None ? !_settings.IsIPv6 : query.Want.HasFlag(KrpcWant.IPv4);
        var wants6 = query.Want == KrpcWant.None ? _settings.IsIPv6 : query.Want.HasFlag(KrpcWant.IPv6);
        var (own, other) = _settings.IsIPv6 ? (wants6, wants4) : (wants4, wants6);
        return
        [
            .. own ? _table.Nearest(query.Target, DhtTable.BucketSize, now, goodOnly: true) : [],
            .. other && Sibling is { } sibling ? sibling._table.Nearest(query.Target, DhtTable.BucketSize, now, goodOnly: true) : [],
        ];
    }

    /// <summary>Who asks may be a node for the table; it is asked back first, since his address is only his word.</summary>
    private void Meet(PeerEndpoint source, in KrpcQuery query, bool isKnown, Instant now)
    {
        if (query.IsReadOnly)
        {
            return;
        }

        var contact = new NodeContact(query.Id, source);
        _table.Asked(contact, now);
        if (isKnown || _newcomers == 0 || _pending.Count >= MaxPending / 2 || !_table.Wants(contact) || IsAsked(source))
        {
            return;
        }

        _newcomers--;
        Ask(source, null, new(KrpcMethod.Ping, Id), now);
        _budget.Spent(source, _out[^1].Bytes.Length, isKnown: false);
    }
}
