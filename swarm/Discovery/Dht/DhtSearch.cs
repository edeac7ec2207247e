using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// One iterative lookup (BEP 5): the nearest nodes that are known are asked, they name nearer ones, until the eight nearest have answered. It keeps only a list of
/// candidates; <see cref="DhtNode"/> sends.
/// </summary>
internal sealed class DhtSearch(NodeId target, DhtSearchGoal goal)
{
    /// <summary>BEP 5 leaves it open, the paper on Kademlia says 3; libtorrent's search_branching is 5.</summary>
    public const int Alpha = 4;

    /// <summary>Those that never answer count until they are given up, so that silence costs little: three times alpha.</summary>
    public const int MaxOpen = 3 * Alpha;

    /// <summary>A search over millions of nodes takes some 30 queries, a third of them lost.</summary>
    public const int MaxQueries = 160;

    public const long LimitMicros = 60_000_000;

    /// <summary>libtorrent keeps a hundred.</summary>
    private const int MaxCandidates = 96;

    /// <summary>Peers of one search that are passed on: a thousand answers of a liar are still bounded.</summary>
    private const int MaxPeers = 1_000;

    private readonly List<Candidate> _candidates = [];
    private readonly HashSet<PeerEndpoint> _seen = [];
    private readonly Tally<DhtNetwork> _ofNetwork = new();
    private readonly HashSet<PeerEndpoint> _peers = [];

    private Instant _started;
    private int _queries;

    private enum Step : byte
    {
        New,
        Asked,
        Late,
        Answered,
        Failed,
    }

    private sealed class Candidate(NodeId? id, PeerEndpoint endPoint)
    {
        public NodeId? Id { get; set; } = id;
        public PeerEndpoint EndPoint => endPoint;
        public Step Step;
        public ReadOnlyMemory<byte> Token;
    }

    public NodeId Target => target;

    public DhtSearchGoal Goal => goal;

    public int PeersFound => _peers.Count;

    /// <summary>Nodes that answered.</summary>
    public int Answers { get; private set; }

    private int InTime => _candidates.Count(c => c.Step == Step.Asked);

    private int Open => _candidates.Count(c => c.Step is Step.Asked or Step.Late);

    /// <summary>Its time runs from now on.</summary>
    public void Begin(Instant now) => _started = now;

    /// <summary>A node that may know more. One without an id, a router by its address, is asked when there is nobody else.</summary>
    public void Learn(NodeId? id, PeerEndpoint endPoint)
    {
        if (!_seen.Add(endPoint))
        {
            return;
        }

        // As in the table: one room does not surround a target.
        var network = DhtNetwork.Of(endPoint);
        if (_ofNetwork.Of(network) >= DhtTable.MaxOfNetwork)
        {
            _seen.Remove(endPoint);
            return;
        }

        _ofNetwork.Add(network);
        Insert(new(id, endPoint));
        if (_candidates.Count > MaxCandidates && _candidates.FindLastIndex(c => c.Step is Step.New or Step.Failed) is >= 0 and var last)
        {
            _candidates.RemoveAt(last);
        }
    }

    /// <summary>Whom to ask next; null if nobody, now or at all.</summary>
    public PeerEndpoint? Next(Instant now)
    {
        if (InTime >= Alpha || Open >= MaxOpen || _queries >= MaxQueries || now - _started > LimitMicros)
        {
            return null;
        }

        var answered = 0;
        foreach (var candidate in _candidates)
        {
            if (candidate.Step == Step.New)
            {
                candidate.Step = Step.Asked;
                _queries++;
                return candidate.EndPoint;
            }

            if (candidate.Step == Step.Answered && ++answered == DhtTable.BucketSize)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>True when nothing is to be waited for. Those who are late are, while fewer than eight have answered.</summary>
    public bool IsOver(Instant now) =>
        now - _started > LimitMicros || (InTime == 0 && (Open == 0 || Answers >= DhtTable.BucketSize));

    public void Answered(PeerEndpoint from, in KrpcResponse response)
    {
        if (_candidates.Find(c => c.EndPoint == from) is not { } candidate)
        {
            return;
        }

        candidate.Step = Step.Answered;
        candidate.Token = response.Token.ToArray();
        Answers++;
        if (candidate.Id != response.Id)
        {
            // It stands where it says, not where others put it.
            _candidates.Remove(candidate);
            candidate.Id = response.Id;
            Insert(candidate);
        }
    }

    /// <summary>Of the peers that an answer names, those that are new here.</summary>
    public List<PeerEndpoint> New(IReadOnlyList<PeerEndpoint> peers) => [.. peers.Where(p => _peers.Count < MaxPeers && _peers.Add(p))];

    /// <summary>It has not answered for long: others are asked meanwhile.</summary>
    public void Late(PeerEndpoint to) => Become(to, Step.Asked, Step.Late);

    public void Failed(PeerEndpoint to)
    {
        Become(to, Step.Asked, Step.Failed);
        Become(to, Step.Late, Step.Failed);
    }

    /// <summary>The eight nearest that answered and gave a token: who is told where our peer is.</summary>
    public IEnumerable<(PeerEndpoint To, ReadOnlyMemory<byte> Token)> Keepers() =>
        _candidates.Where(c => c.Step == Step.Answered).Take(DhtTable.BucketSize).Where(c => !c.Token.IsEmpty).Select(c => (c.EndPoint, c.Token));

    private void Become(PeerEndpoint endPoint, Step from, Step to)
    {
        if (_candidates.Find(c => c.EndPoint == endPoint) is { } candidate && candidate.Step == from)
        {
            candidate.Step = to;
        }
    }

    // Nearest first, those without an id last.
    private void Insert(Candidate candidate)
    {
        var at = candidate.Id is { } id
            ? _candidates.FindIndex(c => c.Id is not { } other || id.DistanceTo(target) < other.DistanceTo(target))
            : -1;
        _candidates.Insert(at < 0 ? _candidates.Count : at, candidate);
    }
}
