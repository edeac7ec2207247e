using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;

namespace Swarm.Engine;

// Whom it knows, and whom of them it dials next.
internal sealed partial class TorrentSwarm
{
    /// <summary>libtorrent's min_reconnect_time is 60 s; a loopback seed that just restarts deserves less at first.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);

    private const int MaxAttempts = 6;

    public int Dialling => Volatile.Read(ref _dialling);

    /// <summary>A peer address from outside; ignored when banned, or one too many.</summary>
    public void Learn(IPEndPoint peer, FoundBy by)
    {
        lock (_gate)
        {
            if (!_closed && !_places.IsBanned(peer.Address))
            {
                _book.Learn(peer, by);
            }
        }
    }

    /// <summary>Addresses that are known by one way to find them.</summary>
    public int CountKnown(FoundBy by)
    {
        lock (_gate)
        {
            return _book.All.Count(c => c.By == by);
        }
    }

    /// <summary>Addresses that are not dialled because their peer is connected by another way.</summary>
    public int KeptAddresses
    {
        get
        {
            lock (_gate)
            {
                return _book.All.Count(c => c.KeptBy != 0);
            }
        }
    }

    private async Task ResolveExtraAsync(string host, int port)
    {
        try
        {
            var target = await _network.Policy.CheckAsync(DialPurpose.Peer, host, port, _closing.Token);
            foreach (var endPoint in target.EndPoints ?? [])
            {
                Learn(endPoint, FoundBy.Given);
            }

            if (target.Refusal is { } refusal)
            {
                _context.Events.Publish("peer.refused", refusal.ToString());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return;
        }

        DialMore();
    }

    private void DialMore()
    {
        while (true)
        {
            DialCandidate? next;
            lock (_gate)
            {
                if (_closed || !IsActive || _places.Count + _dialling >= _places.Limit)
                {
                    return;
                }

                next = _book.Next(_context.Now, seedsToo: !Uploads.IsComplete, _places.IsBanned);
                if (next is null || !_network.TryStartDial())
                {
                    return;
                }

                next.IsBusy = true;
                _dialling++;
            }

            _ = DialAsync(next);
        }
    }

    private async Task DialAsync(DialCandidate candidate)
    {
        Socket? socket = null;
        var refused = false;
        try
        {
            using var patience = new CancellationTokenSource(DialTimeout, _context.Time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, patience.Token);
            var dial = await _network.Policy.DialAsync(candidate.Purpose, candidate.EndPoint.Address.ToString(), candidate.EndPoint.Port, limit.Token);
            socket = dial.Socket;
            refused = dial.Refusal is not null;
            if (dial.Refusal is { } why)
            {
                _context.Events.Publish("peer.refused", why.ToString());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The time-out, the end of the swarm, or a socket that went while it was being made: as good as no answer.
        }
        finally
        {
            _network.EndDial();
        }

        lock (_gate)
        {
            _dialling--;
            if (socket is null || _closed)
            {
                socket?.Dispose();
                _book.Retire(candidate, _context.Now, forGood: refused);
                return;
            }

            var source = new PeerSource(_context, Loop, _metainfo, Uploads, _crowd, candidate.EndPoint, this);
            _places.Add(source);
            try
            {
                source.Bind(PeerConnection.StartOutbound(socket, _torrent, source, _network.PeerSettings, source.Upload));
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // Reset between the dial and here.
                socket.Dispose();
                _places.Remove(source);
                _book.Retire(candidate, _context.Now, forGood: false);
            }
        }
    }
}
