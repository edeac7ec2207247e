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
/// <remarks>What is remembered of a connection goes with it. <see cref="Hear"/> is called by the connection's receiving thread, <see cref="Tell"/> by any.</remarks>
internal sealed class SwarmPex
{
    private readonly Lock _telling = new();
    private readonly ConditionalWeakTable<PeerSource, PexTold> _told = [];
    private readonly ConditionalWeakTable<PeerSource, StrongBox<PexPace>> _paces = [];

    /// <summary>Whether a message is to be heard.</summary>
    public PexVerdict Hear(PeerSource from, Instant now) => _paces.GetValue(from, static _ => new(default)).Value.Hear(now);

    /// <summary>Tells each peer that listens what changed since it was last told.</summary>
    public void Tell(IReadOnlyList<PeerSource> connected, Instant now)
    {
        lock (_telling)
        {
            List<(PeerSource Peer, PexPeer Entry, bool IsPublic)>? known = null;
            foreach (var to in connected)
            {
                var told = _told.GetValue(to, static _ => new());
                if (!to.TakesPeers || !told.IsDue(now))
                {
                    continue;
                }

                known ??= [.. connected.Where(p => p.DialAddress is not null).Select(p => (p, Entry(p), AddressClass.Of(p.EndPoint.Address).IsPublic))];
                var isNear = !AddressClass.Of(to.EndPoint.Address).IsPublic;
                if (told.Next([.. known.Where(k => k.Peer != to && (isNear || k.IsPublic)).Select(k => k.Entry)], now) is { } message)
                {
                    to.TellPeers(message);
                }
            }
        }
    }

    private static PexPeer Entry(PeerSource peer) => new(
        PeerEndpoint.From(peer.DialAddress!),
        (peer.IsInbound ? PexFlags.None : PexFlags.Reachable) | (peer.IsSeed ? PexFlags.Seed : PexFlags.None));
}
