using System.Buffers.Binary;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests.Dht;

/// <summary>
/// A DHT of our own nodes in virtual time: packets take 20 to 120 ms, some are lost, nodes come and go. The same seed gives the same run.
/// </summary>
internal sealed class SimulatedDht(int seed, double loss)
{
    private readonly Random _random = new(seed);
    // A packet on its way, or a tick of the node that it names as both ends.
    private readonly PriorityQueue<(PeerEndpoint From, PeerEndpoint To, byte[]? Bytes), long> _events = new();
    private readonly Dictionary<PeerEndpoint, DhtNode> _nodes = [];
    private readonly Dictionary<PeerEndpoint, Func<PeerEndpoint, byte[], byte[]?>> _others = [];
    private int _born;

    public Instant Now { get; private set; } = new(1_000_000);

    public IReadOnlyDictionary<PeerEndpoint, DhtNode> Nodes => _nodes;

    public long Lost { get; private set; }

    public long Delivered { get; private set; }

    /// <summary>Everything that was sent, in order, as one number: two runs alike have it alike.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    /// <summary>The <paramref name="n"/>th host of a world whose hosts all live in networks of their own.</summary>
    public static PeerEndpoint HostOf(int n) =>
        PeerEndpoint.FromBytes([(byte)(20 + (n % 90)), (byte)(n * 7), (byte)(n / 90), 9], 6881);

    public static DhtRandom RandomOf(int seed)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(bytes, seed);
        return new(bytes);
    }

    /// <summary>A new node that knows one other.</summary>
    public PeerEndpoint Join(PeerEndpoint? at = null, PeerEndpoint? friend = null, NodeId? id = null)
    {
        var end = at ?? HostOf(_born);
        _born++;
        var settings = new DhtNodeSettings { IsIPv6 = !end.IsIPv4, IsOwnAddress = a => a.Address == end.Address };
        var node = new DhtNode(settings, RandomOf((seed * 100_003) + _born), id);
        _nodes[end] = node;
        _events.Enqueue((end, end, null), Now.Micros + _random.Next(500_000));
        if (friend is { } known)
        {
            node.Hint(known, Now);
        }

        node.Activate(Now);
        Post(end, node);
        return end;
    }

    public void Leave(PeerEndpoint node) => _nodes.Remove(node);

    public PeerEndpoint Anyone() => _nodes.Keys.ElementAt(_random.Next(_nodes.Count));

    /// <summary>Somebody who is no node of ours, and how he answers.</summary>
    public void Add(PeerEndpoint at, Func<PeerEndpoint, byte[], byte[]?> answer) => _others[at] = answer;

    public void Inject(PeerEndpoint from, PeerEndpoint to, byte[] bytes) => _events.Enqueue((from, to, bytes), Now.Micros + 20_000);

    /// <summary>Does something with a node at the present, and sends what comes of it.</summary>
    public T With<T>(PeerEndpoint at, Func<DhtNode, T> act)
    {
        var result = act(_nodes[at]);
        Post(at, _nodes[at]);
        return result;
    }

    /// <summary>Lets time pass until the condition holds; false if it never does within the limit.</summary>
    public bool RunUntil(Func<bool> done, double seconds)
    {
        var end = Now + (long)(seconds * 1e6);
        while (!done())
        {
            if (!_events.TryPeek(out var happens, out var at) || at > end.Micros)
            {
                Now = end;
                return done();
            }

            _events.Dequeue();
            Now = new(Math.Max(Now.Micros, at));
            if (happens.Bytes is { } bytes)
            {
                Deliver(happens.From, happens.To, bytes);
            }
            else if (_nodes.TryGetValue(happens.To, out var node))
            {
                _events.Enqueue(happens, Now.Micros + 500_000);
                node.Tick(Now);
                Post(happens.To, node);
            }
        }

        return true;
    }

    public void Run(double seconds) => RunUntil(static () => false, seconds);

    private void Deliver(PeerEndpoint from, PeerEndpoint to, byte[] bytes)
    {
        if (_nodes.TryGetValue(to, out var node))
        {
            Delivered++;
            node.Receive(from, bytes, Now);
            Post(to, node);
        }
        else if (_others.TryGetValue(to, out var other) && other(from, bytes) is { } answer)
        {
            Inject(to, from, answer);
        }
    }

    private void Post(PeerEndpoint from, DhtNode node)
    {
        foreach (var packet in node.TakeOutgoing())
        {
            foreach (var b in packet.Bytes)
            {
                Digest = (Digest ^ b) * 1099511628211;
            }

            if (_random.NextDouble() < loss)
            {
                Lost++;
            }
            else
            {
                _events.Enqueue((from, packet.To, packet.Bytes), Now.Micros + 20_000 + _random.Next(100_000));
            }
        }
    }
}
