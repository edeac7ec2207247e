using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// This machine in the mainline DHT: a <see cref="DhtNode"/> and a socket for each address family, one lock over both, a timer. It speaks to nobody before somebody
/// looks for peers. Thread-safe.
/// </summary>
public sealed class MainlineDht : IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(10);

    /// <summary>After routers could not be resolved.</summary>
    private static readonly TimeSpan RouterRetry = TimeSpan.FromSeconds(30);

    private readonly DhtSettings _settings;
    private readonly TimeProvider _time;
    private readonly EventClock _clock;
    private readonly Lock _gate = new();
    private readonly List<(DhtNode Node, DhtSocket Socket)> _families = [];
    private readonly List<Action> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _receiving;
    private ITimer? _timer;
    private Task _resolving = Task.CompletedTask;
    private Instant _nextResolve;
    private Instant _nextSave;
    private string? _noRouters;
    private string? _notKept;
    private bool _closed;

    private MainlineDht(DhtSettings settings, IReadOnlyList<DhtSocket> sockets)
    {
        (_settings, _time, _clock) = (settings, settings.Time, new(settings.Time));
        var own = new OwnAddresses(_time);
        var state = DhtState.Read(settings.Saved);
        foreach (var socket in sockets)
        {
            var node = new DhtNode(
                new() { IsIPv6 = socket.IsIPv6, MayReach = e => settings.MayReach(e.ToEndPoint()), IsOwnAddress = own.Has },
                new(RandomNumberGenerator.GetBytes(32)), socket.IsIPv6 ? state.Id6 : state.Id4);
            foreach (var contact in state.Nodes)
            {
                node.Hint(contact.EndPoint, _clock.Now);
            }

            _families.Add((node, socket));
        }

        if (_families.Count == 2)
        {
            (_families[0].Node.Sibling, _families[1].Node.Sibling) = (_families[1].Node, _families[0].Node);
        }

        _receiving = Task.WhenAll(_families.Select(f => Task.Run(() => f.Socket.ReceiveAsync((from, bytes) => OnDatagram(f.Node, from, bytes), _stop.Token))));
    }

    /// <summary>Its UDP port; that of IPv4 where the families differ.</summary>
    public int Port => _families[0].Socket.LocalEndPoint.Port;

    /// <summary>Nodes in the tables of both families.</summary>
    public int Nodes
    {
        get
        {
            lock (_gate)
            {
                return _families.Sum(f => f.Node.Nodes);
            }
        }
    }

    /// <summary>It has been used: it keeps its tables and answers others.</summary>
    public bool IsActive => Volatile.Read(ref _timer) is not null;

    /// <summary>Why it finds no nodes or cannot keep them, as a sentence; null if it does.</summary>
    public string? Trouble => (Volatile.Read(ref _noRouters), Volatile.Read(ref _notKept)) switch
    {
        ({ } one, { } other) => $"{one}; {other}",
        var (one, other) => one ?? other,
    };

    /// <summary>Binds and listens. Null where the machine gives no UDP socket at all.</summary>
    public static MainlineDht? Start(DhtSettings settings)
    {
        var listen = settings.Listen;
        var isAny = listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);
        IPAddress[] addresses = isAny ? [IPAddress.Any, .. Socket.OSSupportsIPv6 ? [IPAddress.IPv6Any] : Array.Empty<IPAddress>()] : [Unmapped(listen.Address)];
        var sockets = addresses.Select(a => DhtSocket.TryBind(a, listen.Port)).OfType<DhtSocket>().ToArray();
        return sockets.Length == 0 ? null : new(settings, sockets);
    }

    /// <summary>One for each family, IPv4 first.</summary>
    public IReadOnlyList<DhtFacts> Facts()
    {
        lock (_gate)
        {
            return [.. _families.Select(f => f.Node.Facts(_clock.Now))];
        }
    }

    /// <summary>An address where a node may be (BEP 5: a peer's PORT message).</summary>
    public void Hint(IPEndPoint endPoint) => Do(node => node.Hint(PeerEndpoint.From(endPoint), _clock.Now));

    /// <summary>Begins to keep the tables.</summary>
    public void Activate()
    {
        lock (_gate)
        {
            if (_closed || _timer is not null)
            {
                return;
            }

            _nextSave = _clock.Now + (long)SaveInterval.TotalMicroseconds;
            _timer = _time.CreateTimer(_ => Tick(), null, TickInterval, TickInterval);
        }

        Do(node => node.Activate(_clock.Now));
        Tick();
    }

    /// <summary>One search in each family; completes when both are over. Cancellation throws.</summary>
    /// <param name="peerPort">Where our peer takes connections, to be told to the nearest nodes; 0 tells nobody.</param>
    /// <param name="found">Peers, as they come; from any thread.</param>
    public async Task<DhtSearchResult> SearchAsync(WireHash infoHash, int peerPort, Action<IReadOnlyList<PeerEndpoint>> found, CancellationToken cancel)
    {
        Activate();
        var searches = new List<(DhtNode Node, DhtSearch Search)>();
        var results = new List<Task<DhtSearchResult>>();
        Do(node =>
        {
            var over = new TaskCompletionSource<DhtSearchResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            var goal = new DhtSearchGoal(true, (ushort)peerPort, peerPort == PortOf(node), peers => _told.Add(() => found(peers)), result => over.TrySetResult(result));
            results.Add(over.Task);
            searches.Add((node, node.Search(NodeId.Of(infoHash), goal, _clock.Now)));
        });
        try
        {
            var all = await Task.WhenAll(results).WaitAsync(cancel).ConfigureAwait(false);
            return new(all.Sum(r => r.Answers), all.Sum(r => r.Peers), all.Sum(r => r.Told));
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                searches.ForEach(s => s.Node.Cancel(s.Search));
            }

            throw;
        }
    }

    /// <summary>Keeps what a later run begins with, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (_timer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
            Save();
        }

        foreach (var (_, socket) in _families)
        {
            socket.Dispose();
        }

        await _receiving.ConfigureAwait(false);
        await _resolving.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private int PortOf(DhtNode node) => _families.Find(f => f.Node == node).Socket.LocalEndPoint.Port;

    private void OnDatagram(DhtNode to, PeerEndpoint from, ReadOnlyMemory<byte> bytes) => Do(node =>
    {
        if (node == to)
        {
            node.Receive(from, bytes, _clock.Now);
        }
    });

    /// <summary>Acts on both nodes under the lock; what comes of it is sent and told outside.</summary>
    private void Do(Action<DhtNode> act)
    {
        List<(DhtSocket Socket, IReadOnlyList<DhtDatagram> Datagrams)>? outgoing = null;
        Action[] told;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            foreach (var (node, _) in _families)
            {
                act(node);
            }

            // What one node learned may have moved the other.
            foreach (var (node, socket) in _families)
            {
                if (node.TakeOutgoing() is { Count: > 0 } datagrams)
                {
                    (outgoing ??= []).Add((socket, datagrams));
                }
            }

            told = _told.Count == 0 ? [] : [.. _told];
            _told.Clear();
        }

        foreach (var (socket, datagrams) in outgoing ?? [])
        {
            foreach (var datagram in datagrams)
            {
                socket.Send(datagram);
            }
        }

        Array.ForEach(told, static tell => tell());
    }

    private void Tick()
    {
        Do(node => node.Tick(_clock.Now));
        var isDue = false;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (_resolving.IsCompleted && _clock.Now >= _nextResolve && _families.Any(f => f.Node.NeedsRouters))
            {
                _nextResolve = _clock.Now + (long)RouterRetry.TotalMicroseconds;
                _resolving = Task.Run(ResolveAsync);
            }

            if (_clock.Now >= _nextSave)
            {
                _nextSave = _clock.Now + (long)SaveInterval.TotalMicroseconds;
                isDue = true;
            }
        }

        if (isDue)
        {
            Save();
        }
    }

    private async Task ResolveAsync()
    {
        var isOwnChoice = _settings.Bootstrap.Count > 0;
        string? problem = null;
        var found = false;
        foreach (var router in isOwnChoice ? _settings.Bootstrap : DhtSettings.PublicRouters)
        {
            TrackerAddresses addresses;
            try
            {
                addresses = await _settings.Resolve(router, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            problem ??= addresses.Problem;
            found |= addresses.EndPoints.Count > 0;
            Do(node => node.AddRouters(addresses.EndPoints.Select(PeerEndpoint.From), mayStay: isOwnChoice, _clock.Now));
        }

        Volatile.Write(ref _noRouters, found ? null : $"no DHT node to begin with could be found: {problem ?? "none has an address"}");
    }

    private void Save()
    {
        DhtState state;
        lock (_gate)
        {
            NodeId? IdOf(bool ipv6) => _families.Find(f => f.Node.IsIPv6 == ipv6).Node?.Id;
            state = new(IdOf(false), IdOf(true), [.. _families.SelectMany(f => f.Node.GoodNodes(DhtState.MaxNodes, _clock.Now))]);
        }

        if (state.Nodes.Count == 0)
        {
            return; // the nodes of an earlier run are better than none
        }

        try
        {
            _settings.Save(state.ToBytes());
            Volatile.Write(ref _notKept, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref _notKept, $"the DHT's nodes cannot be kept for the next start: {e.Message}");
        }
    }
}
