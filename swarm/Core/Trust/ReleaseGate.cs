namespace Swarm.Core;

/// <summary>
/// The one function that lets bytes out (invariant I2). What it refuses, no caller may send.
/// </summary>
public static class ReleaseGate
{
    /// <param name="provenance">Who delivered the bytes and whether they passed the tree.</param>
    /// <param name="authority">What vouches for the tree.</param>
    /// <param name="treeConfirmed">
    /// The first verify unit that arrived from the origin matched the tree. A tree the user gave for its own sake
    /// (no origin) is confirmed from the start.
    /// </param>
    /// <param name="treeFalsified">An origin block failed the tree under an unchanged strong validator.</param>
    public static bool MayRelease(Provenance provenance, Authority authority, bool treeConfirmed, bool treeFalsified) => provenance switch
    {
        Provenance.Origin => true,
        Provenance.Verified => authority.AllowsPeers() && treeConfirmed && !treeFalsified,
        _ => false,
    };

    /// <summary>
    /// True if bytes may be given to peers, or announced: the tree vouches for them, and their share class lets them pass between
    /// peers. The origin's own word is not enough: strangers cannot check it.
    /// </summary>
    /// <param name="verified">They hash to the tree, whoever delivered them.</param>
    /// <param name="shareable">The share class of their version.</param>
    public static bool MayGive(bool verified, bool shareable, Authority authority, bool treeConfirmed, bool treeFalsified) =>
        verified && shareable && MayRelease(Provenance.Verified, authority, treeConfirmed, treeFalsified);

    /// <summary>
    /// True if bytes of the origin's own may be offered to viewers of the same content before their piece is whole: only of a tree that
    /// this origin has confirmed. They keep them until they have collected the piece's leaf hashes, which are told with the offer.
    /// </summary>
    /// <param name="fromOrigin">The origin itself delivered them to this node.</param>
    public static bool MayOffer(bool fromOrigin, bool shareable, Authority authority, bool treeConfirmed, bool treeFalsified) =>
        fromOrigin && treeConfirmed && shareable && MayRelease(Provenance.Verified, authority, treeConfirmed, treeFalsified);
}
