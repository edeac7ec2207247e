using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>What others say this node's address is (BEP 42 <c>ip</c>): believed when most of several networks say the same.</summary>
internal sealed class AddressVotes
{
    /// <summary>Fewer could be one liar's friends, more would keep a new node waiting.</summary>
    public const int Enough = 4;

    private const int Kept = 16;

    private readonly List<(DhtNetwork Voter, UInt128 Address)> _votes = [];

    /// <summary>The address that is believed, once there is one; only its <see cref="PeerEndpoint.Address"/> counts.</summary>
    public PeerEndpoint? Believed { get; private set; }

    /// <summary>True if another address is believed now.</summary>
    public bool Add(PeerEndpoint voter, PeerEndpoint seen)
    {
        var network = DhtNetwork.Of(voter);
        _votes.RemoveAll(v => v.Voter == network);
        if (_votes.Count == Kept)
        {
            _votes.RemoveAt(0);
        }

        _votes.Add((network, seen.Address));
        var most = _votes.GroupBy(v => v.Address).MaxBy(g => g.Count())!;
        return most.Count() >= Enough && most.Count() * 2 > _votes.Count && Believe(new(most.Key, seen.Port));
    }

    /// <summary>Believes what needs no majority.</summary>
    public bool Believe(PeerEndpoint address)
    {
        var isNew = Believed?.Address != address.Address;
        Believed = address;
        return isNew;
    }
}
