using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// Who answers what a peer asks of us. Calls come on the connection's receiving thread, <see cref="Greet"/> first and before
/// <see cref="IPeerSink.Ready"/>, but for <see cref="Sent"/>, which comes on its sending one. None may block.
/// </summary>
public interface IPeerServer
{
    /// <summary>Says what we have, by calling <see cref="PeerConnection.Greet"/> once; what changes after that call is told by HAVE.</summary>
    void Greet(PeerConnection peer);

    /// <summary>The peer wants something of ours, or no longer does. It starts uninterested.</summary>
    void Interested(PeerConnection peer, bool isInterested);

    /// <summary>The peer asks for a block: answered by its bytes, or by <see cref="PeerConnection.Refuse(in RequestMessage)"/>.</summary>
    void Requested(PeerConnection peer, in RequestMessage request);

    /// <summary>The peer takes a request back. With the fast extension it still wants one answer: the block or a reject.</summary>
    void Cancelled(PeerConnection peer, in RequestMessage request);

    /// <summary>The peer asks for hashes: answered by <see cref="PeerConnection.SendHashes"/> or <see cref="PeerConnection.Refuse(in HashRequestMessage)"/>.</summary>
    void HashesRequested(PeerConnection peer, in HashRequestMessage request);

    /// <summary>The kernel took the whole batch: it is its owner's again, and there is room for another.</summary>
    void Sent(PeerConnection peer, BlockBatch batch);
}
