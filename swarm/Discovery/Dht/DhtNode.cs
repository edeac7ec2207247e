using System.Buffers;
using System.Buffers.Binary;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// One node of the mainline DHT in one address family (BEP 5, 32, 42, 43), without sockets or clocks: packets, ticks and searches go in with the time, packets to
/// send come out. Not thread-safe: its owner calls it under one lock.
/// </summary>
/// <remarks>
/// What strangers may cost is bounded everywhere: tables, searches, stored peers and open queries by count, answers by <see cref="AnswerBudget"/>. An answer counts only
/// with the unpredictable number of a query that went to the very address it comes from.
/// </remarks>
public sealed partial class DhtNode
{
    /// <summary>After this long others are asked meanwhile: nine of ten answers of the public DHT are here by then.</summary>
    private const long LateMicros = 2_000_000;

    private const long LostMicros = 8_000_000;

    /// <summary>Twenty searches with everything late.</summary>
    private const int MaxPending = 256;

    /// <summary>Searches at once, more wait: two a second on average, so a seed of a thousand hybrids goes round in its quarter of an hour.</summary>
    private const int MaxSearches = 16;

    /// <summary>BEP 5: five minutes, and the tokens of ten are accepted.</summary>
    private static readonly TimeSpan TokenSlot = TimeSpan.FromMinutes(5);

    /// <summary>Nodes kept from the last run, or told of in passing, to begin with.</summary>
    private const int MaxHints = 64;

    private readonly DhtNodeSettings _settings;
    private readonly DhtRandom _random;
    private readonly AddressProof _tokens;
    private readonly AnswerBudget _budget;
    private readonly DhtPeerStore _store = new();
    private readonly AddressVotes _votes = new();
    private readonly DhtAddressSet _contacted = new();
    private readonly DhtAddressSet _answered = new();
    private readonly Dictionary<uint, Pending> _pending = [];
    private readonly List<DhtSearch> _searches = [];
    private readonly List<DhtSearch> _waiting = [];
    private readonly List<PeerEndpoint> _hints = [];
    private readonly List<DhtDatagram> _out = [];

    // And whether each may stay in the table.
    private readonly Dictionary<PeerEndpoint, bool> _routers = [];
    private readonly ArrayBufferWriter<byte> _writer = new(Bep05Krpc.MaxDatagramBytes);
    private DhtTable _table;
    private Instant _nextBootstrap;
    private Instant _nextPing;
    private Instant _nextExpiry;
    private int _emptyBootstraps;
    private int _thinBootstraps;
    private DhtSearch? _bootstrap;
    private int _newcomers;
    private bool _isActive;

    public DhtNode(DhtNodeSettings settings, DhtRandom random, NodeId? savedId = null)
    {
        (_settings, _random) = (settings, random);
        var key = new byte[32];
        random.Fill(key);
        _tokens = new(key, TokenSlot);
        _budget = new(random.Next());
        _table = new(savedId ?? random.NextId());
    }

    /// <summary>A query without an answer yet.</summary>
    private sealed class Pending(PeerEndpoint to, Instant sent, DhtSearch? search)
    {
        public PeerEndpoint To => to;
        public Instant Sent => sent;
        public DhtSearch? Search => search;
        public bool IsLate;
    }

    public NodeId Id => _table.Own;

    public bool IsIPv6 => _settings.IsIPv6;

    /// <summary>Nobody has shown yet that this node can be reached: it says so in its queries and answers none (BEP 43).</summary>
    public bool IsReadOnly { get; private set; } = true;

    public int Nodes => _table.Count;

    /// <summary>The node of the other family on this machine, for those that ask for both (BEP 32).</summary>
    public DhtNode? Sibling { get; set; }

    /// <summary>Active, and knows too few nodes to find its way: routers are wanted.</summary>
    public bool NeedsRouters => _isActive && _table.Count < DhtTable.BucketSize && _routers.Count == 0 && (_hints.Count == 0 || _emptyBootstraps > 1);

    /// <summary>What is to be sent now; the list is the caller's.</summary>
    public IReadOnlyList<DhtDatagram> TakeOutgoing()
    {
        if (_out.Count == 0)
        {
            return [];
        }

        DhtDatagram[] all = [.. _out];
        _out.Clear();
        return all;
    }

    /// <summary>From now on it keeps its table full; before, it speaks to nobody.</summary>
    public void Activate(Instant now)
    {
        _isActive = true;
        Tick(now);
    }

    /// <summary>Nodes by which others find their first neighbours.</summary>
    /// <param name="mayStay">They are nodes like others. Public routers are not: a place in everybody's table would be too much for them.</param>
    public void AddRouters(IEnumerable<PeerEndpoint> routers, bool mayStay, Instant now)
    {
        foreach (var router in routers.Where(IsOurs).Take(MaxHints - _routers.Count))
        {
            _routers.TryAdd(router, mayStay);
        }

        if (_isActive && _table.Count < DhtTable.BucketSize)
        {
            _nextBootstrap = now;
            Tick(now);
        }
    }

    /// <summary>An address where a node may be: from the last run, a peer's PORT message, or an answer of the other family.</summary>
    public void Hint(PeerEndpoint endPoint, Instant now)
    {
        if (!IsOurs(endPoint) || !_settings.MayReach(endPoint) || _table.Find(endPoint) is not null)
        {
            return;
        }

        if (!_hints.Contains(endPoint))
        {
            if (_hints.Count == MaxHints)
            {
                _hints.RemoveAt(0); // who has not answered for longest
            }

            _hints.Add(endPoint);
        }

        if (_isActive && _newcomers > 0)
        {
            _newcomers--;
            Ask(endPoint, null, new(KrpcMethod.Ping, Id), now);
        }
    }

    /// <summary>Looks for peers of an infohash, and at the end tells the nearest nodes of ours.</summary>
    internal DhtSearch Search(NodeId target, DhtSearchGoal goal, Instant now)
    {
        var search = new DhtSearch(target, goal);
        _waiting.Add(search);
        Advance(now);
        return search;
    }

    /// <summary>Ends a search without a word.</summary>
    internal void Cancel(DhtSearch search)
    {
        _searches.Remove(search);
        _waiting.Remove(search);
    }

    /// <summary>Time passes: what is late, lost, stale or old. Wanted every half second or so.</summary>
    public void Tick(Instant now)
    {
        foreach (var (transaction, pending) in _pending.ToArray())
        {
            var age = now - pending.Sent;
            if (age > LostMicros)
            {
                _pending.Remove(transaction);
                _table.Failed(pending.To);
                pending.Search?.Failed(pending.To);
            }
            else if (age > LateMicros && !pending.IsLate)
            {
                pending.IsLate = true;
                pending.Search?.Late(pending.To);
            }
        }

        _newcomers = MaxNewcomers;
        if (now >= _nextExpiry)
        {
            _nextExpiry = now + 60_000_000;
            _store.Expire(now);
        }

        if (_isActive)
        {
            KeepTable(now);
        }

        Advance(now);
    }

    /// <summary>What a later run begins with.</summary>
    public IReadOnlyList<NodeContact> GoodNodes(int max, Instant now) =>
        [.. _table.Live.Where(e => e.IsGood(now)).OrderByDescending(e => e.Heard).Take(max).Select(e => e.Contact)];

    public DhtFacts Facts(Instant now) => new(
        Id.ToString(), _table.Count, _table.Live.Count(e => e.IsGood(now)), IsReadOnly, _votes.Believed?.ToAddress().ToString(), _searches.Count,
        _store.InfoHashes, _store.Peers, _receivedPackets, _receivedBytes, _sentPackets, _sentBytes, _garbage, _queries, _refused);

    private bool IsOurs(PeerEndpoint endPoint) => endPoint.IsIPv4 != _settings.IsIPv6 && endPoint.Port != 0 && !endPoint.IsUnspecified;

    // One thing at a time: the own neighbourhood while the table is nearly empty, a bucket that sleeps, a node that may be gone.
    private void KeepTable(Instant now)
    {
        if (_table.Count < DhtTable.BucketSize && now >= _nextBootstrap)
        {
            // 5 s, 10, 20 … 320: no answer at all means that the line is down, or that there is nobody.
            _nextBootstrap = now + (5_000_000L << Math.Min(6, _emptyBootstraps));
            if (_hints.Count + _routers.Count + _table.Count > 0)
            {
                _emptyBootstraps++;
                _bootstrap = new(Id, new(WantsPeers: false));
                Start(_bootstrap, now);
            }
        }
        else if (_searches.Count == 0 && _table.Stale(now) is { } bucket)
        {
            Start(new(Id.Flip(bucket).WithTail(bucket + 1, _random.NextId()), new(WantsPeers: false)), now);
        }

        if (now >= _nextPing && _table.Stalest(now, IsAsked) is { } stale)
        {
            _nextPing = now + 1_000_000;
            Ask(stale.Contact.EndPoint, null, new(KrpcMethod.Ping, Id), now);
        }
    }

    private bool IsAsked(PeerEndpoint endPoint) => _pending.Values.Any(p => p.To == endPoint);

    private void Start(DhtSearch search, Instant now)
    {
        _searches.Add(search);
        search.Begin(now);
        foreach (var node in _table.Nearest(search.Target, 2 * DhtTable.BucketSize, now, goodOnly: false))
        {
            search.Learn(node.Id, node.EndPoint);
        }

        if (_table.Count < DhtTable.BucketSize)
        {
            foreach (var endPoint in _hints.Concat(_routers.Keys))
            {
                search.Learn(null, endPoint);
            }
        }
    }

    private void Advance(Instant now)
    {
        while (_waiting.Count > 0 && _searches.Count < MaxSearches)
        {
            Start(_waiting[0], now);
            _waiting.RemoveAt(0);
        }

        foreach (var search in _searches.ToArray())
        {
            while (_pending.Count < MaxPending && search.Next(now) is { } next)
            {
                var query = new KrpcQuery(search.Goal.WantsPeers ? KrpcMethod.GetPeers : KrpcMethod.FindNode, Id, search.Target) { Want = Wanted };
                Ask(next, search, query, now);
            }

            // One that could not ask, because too much is under way, is not over.
            if (_pending.Count < MaxPending && search.IsOver(now) && _searches.Remove(search))
            {
                End(search, now);
            }
        }
    }

    private void End(DhtSearch search, Instant now)
    {
        var told = 0;
        if (search.Goal is { WantsPeers: true, AnnouncedPort: > 0 and var port } goal)
        {
            foreach (var (to, token) in search.Keepers())
            {
                told++;
                var query = new KrpcQuery(KrpcMethod.AnnouncePeer, Id, search.Target) { Token = token, Port = port, IsPortImplied = goal.IsPortImplied };
                Ask(to, null, query, now);
            }
        }

        if (_table.Count >= DhtTable.BucketSize)
        {
            (_emptyBootstraps, _thinBootstraps) = (0, 0);
        }
        else if (search == _bootstrap && search.Answers > 0)
        {
            // 1 s, 2, 4 … 64: the line is well, and who answered knows hardly anybody yet. The first of a young network would else miss each other for half a minute.
            var soon = now + (1_000_000L << Math.Min(6, _thinBootstraps++));
            _nextBootstrap = soon < _nextBootstrap ? soon : _nextBootstrap;
        }

        search.Goal.Over?.Invoke(new(search.Answers, search.PeersFound, told));
    }

    /// <summary>While the other family knows hardly anybody, nodes of this one are asked for its nodes too.</summary>
    private KrpcWant Wanted => Sibling is { _isActive: true } sibling && sibling._table.Count < DhtTable.BucketSize ? KrpcWant.IPv4 | KrpcWant.IPv6 : KrpcWant.None;

    private void Ask(PeerEndpoint to, DhtSearch? search, in KrpcQuery query, Instant now)
    {
        var transaction = (uint)_random.Next();
        while (!_pending.TryAdd(transaction, new(to, now, search)))
        {
            transaction = (uint)_random.Next();
        }

        _contacted.Add(to, now);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, transaction);
        _writer.ResetWrittenCount();
        Bep05Krpc.WriteQuery(_writer, query with { IsReadOnly = IsReadOnly }, bytes);
        Send(to);
    }

    private void Send(PeerEndpoint to)
    {
        _sentPackets++;
        _sentBytes += _writer.WrittenCount;
        _out.Add(new(to, _writer.WrittenSpan.ToArray()));
    }
}
