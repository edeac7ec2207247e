using System.Runtime.CompilerServices;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// Peer exchange of one swarm (BEP 11): what is said to whom, and who says too much. Said is whom we are connected to and where others may dial it,
/// while what is here is announced at all; a node that shares nothing listens only.
/// </summary>
/// <remarks>What is remembered of a connection goes with it. <see cref="Hear"/> is called by the connection's receiving thread, <see cref="Tell"/> by one at a time.</remarks>
internal sealed class SwarmPex
{
    private readonly ConditionalWeakTable<PeerSource, PexTold> _told = [];
    private readonly ConditionalWeakTable<PeerSource, StrongBox<PexPace>> _paces = [];

    /// <summary>Whether a message is to be heard.</summary>
    public PexVerdict Hear(PeerSource from, Instant now) => _paces.GetValue(from, static _ => new(default)).Value.Hear(now);

    /// <summary>Tells each peer that listens what changed since it was last told.</summary>
    public void Tell(IReadOnlyList<PeerSource> connected, Instant now)
    {
        List<(PeerSource Peer, PexPeer Entry)>? known = null;
        foreach (var to in connected)
        {
            if (!to.TakesPeers)
            {
                continue;
            }

            known ??= [.. connected.Where(p => p.DialAddress is not null).Select(p => (p, Entry(p)))];
            var isNear = !AddressClass.Of(to.EndPoint.Address).IsPublic;
            var message = _told.GetValue(to, static _ => new()).Next(
                [.. known.Where(k => k.Peer != to && (isNear || AddressClass.Of(k.Peer.EndPoint.Address).IsPublic)).Select(k => k.Entry)], now);
            if (message is not null)
            {
                to.TellPeers(message);
            }
        }
    }

    private static PexPeer Entry(PeerSource peer) => new(
        PeerEndpoint.From(peer.DialAddress!),
        (peer.IsInbound ? PexFlags.None : PexFlags.Reachable) | (peer.IsSeed ? PexFlags.Seed : PexFlags.None));
}
