using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>Who keeps a swarm's connections, as one of them sees it. Calls come on that connection's receiving thread.</summary>
internal interface IPeerKeeper
{
    /// <summary>A handshake is done. A reason if the connection is not to stay: no place, or the peer is connected already.</summary>
    PeerClose? OnReady(PeerSource source);

    /// <summary>It says how it sees us, and a caller where it takes connections: that address is this peer, and is not dialled beside it.</summary>
    void OnDescribed(PeerSource source, PeerConnection peer);

    /// <summary>A peer names others (BEP 11): hearsay, held to a pace and a room of its own.</summary>
    void OnExchanged(PeerSource source, PexMessage message);

    void OnClosed(PeerSource source, PeerClose reason);
}
