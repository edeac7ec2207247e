using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>Addresses of the last minutes, in two generations: the older one is thrown away whole, so nothing is ever searched for what is old.</summary>
internal sealed class DhtAddressSet
{
    /// <summary>As long as a token may be good.</summary>
    private const long GenerationMicros = 600_000_000;

    /// <summary>Of one generation: 96 KiB.</summary>
    private const int MaxAddresses = 2_048;

    private HashSet<PeerEndpoint> _new = [];
    private HashSet<PeerEndpoint> _old = [];
    private Instant _since;

    public void Add(PeerEndpoint address, Instant now)
    {
        if (_new.Count >= MaxAddresses || now - _since > GenerationMicros)
        {
            _old.Clear();
            (_new, _old, _since) = (_old, _new, now);
        }

        _new.Add(address);
    }

    public bool Contains(PeerEndpoint address) => _new.Contains(address) || _old.Contains(address);
}
