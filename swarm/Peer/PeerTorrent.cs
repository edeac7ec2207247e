using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>What a connection must know of the torrent it is for.</summary>
/// <param name="PieceCount">Pieces, pad files of a v1 view included; fixes the length of bitfields.</param>
public sealed record PeerTorrent(InfoHash InfoHash, int PieceCount)
{
    /// <summary>The info dictionary, for peers that have only a magnet (BEP 9); empty where there is none to give.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Peers tell each other of further ones (BEP 11); never for a private torrent (BEP 27).</summary>
    public bool ExchangesPeers { get; init; }

    /// <summary>Its peers may be looked for in the DHT, so connections tell where ours is (BEP 5): not of private torrents (BEP 27).</summary>
    public bool UsesDht { get; init; }

    public WireHash? V1 { get; } = WireHash.V1Of(InfoHash);

    public WireHash? V2 { get; } = WireHash.V2Of(InfoHash);

    /// <summary>
    /// The hash to dial with: v1 where there is one, so that v1-only peers answer too; a peer that knows the hybrid upgrades by answering with v2.
    /// </summary>
    public WireHash DialHash => V1 ?? V2 ?? throw new InvalidOperationException("a torrent has a v1 or a v2 hash");

    /// <summary>The reserved bits that this program sends for this torrent.</summary>
    public PeerFeatures OwnFeatures => PeerFeatures.Fast | PeerFeatures.Extensions | (V2 is null ? PeerFeatures.None : PeerFeatures.V2) | (UsesDht ? PeerFeatures.Dht : PeerFeatures.None);

    /// <summary>The hash with which to answer a caller: its own, or v2 for a caller that offered to upgrade (BEP 52). Null if it is another torrent.</summary>
    public WireHash? AnswerTo(in Handshake caller)
    {
        if (caller.InfoHash == V2)
        {
            return V2;
        }

        if (caller.InfoHash != V1)
        {
            return null;
        }

        return V2 is not null && caller.Supports(PeerFeatures.V2) ? V2 : V1;
    }

    /// <summary>True if a peer that was dialled with <see cref="DialHash"/> may answer with <paramref name="answer"/>: the same, or the upgrade to v2.</summary>
    public bool Accepts(in Handshake answer) => answer.InfoHash == DialHash || (V2 is not null && answer.InfoHash == V2);
}
