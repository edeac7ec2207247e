using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// Who listens to a connection. All calls of one connection come one after another on its receiving thread, from
/// <see cref="Ready"/> (not if the handshake fails) to <see cref="Closed"/> (always, last). Commands to the connection may be
/// given inside a call; they are sent when the batch ends. An implementation does not block and keeps nothing that it was lent.
/// </summary>
public interface IPeerSink
{
    /// <summary>The handshake is done: features, peer id and whether hashes may be asked are known.</summary>
    void Ready(PeerConnection peer);

    /// <summary>The extension handshake came or changed: client name, request slots, upload-only.</summary>
    void Described(PeerConnection peer);

    /// <summary>The peer has these pieces: one run of its bitfield, all of them, or one more.</summary>
    void Has(PeerConnection peer, int firstPiece, int count);

    /// <summary>The peer no longer has this piece (BEP 54).</summary>
    void DontHave(PeerConnection peer, int piece);

    /// <param name="requestsDropped">True if all outstanding requests are gone without a reject each (no fast extension).</param>
    void Choked(PeerConnection peer, bool requestsDropped);

    void Unchoked(PeerConnection peer);

    /// <summary>The peer serves this piece even while it chokes, if it has it (BEP 6).</summary>
    void AllowedFast(PeerConnection peer, int piece);

    /// <summary>A block that was asked for is arriving. Only for what the batch leaves incomplete.</summary>
    void BlockProgress(PeerConnection peer, int piece, int begin, int bytesSoFar);

    /// <summary>A whole block that was asked for, cancelled meanwhile or not; unverified.</summary>
    /// <param name="payload">Valid during the call only.</param>
    void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload);

    /// <summary>The peer will not serve this request. Not called for requests that were cancelled.</summary>
    void Rejected(PeerConnection peer, int piece, int begin, int length);

    /// <summary>Hashes that were asked for, unverified; valid during the call only.</summary>
    void Hashes(PeerConnection peer, in HashesMessage message);

    /// <summary>The peer will not send these hashes, now.</summary>
    void HashesRejected(PeerConnection peer, in HashRequestMessage request);

    /// <summary>A viewer of ours says something about the origin that we share; well-formed, of a piece of this torrent, and no more than its word. A sink that shares no origin passes over it.</summary>
    /// <param name="rest">Stands at the hashes of leaves; valid during the call only.</param>
    void Crowd(PeerConnection peer, in CrowdMessage message, ref SequenceReader<byte> rest)
    {
    }

    /// <summary>The peer names others (BEP 11); no more than its word. A sink that looks for nobody passes over it.</summary>
    void Exchanged(PeerConnection peer, PexMessage message)
    {
    }

    /// <summary>Everything that one receive brought has been told.</summary>
    void BatchEnd(PeerConnection peer);

    void Closed(PeerConnection peer, PeerClose reason);
}
