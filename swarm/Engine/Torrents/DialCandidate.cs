using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;

namespace Swarm.Engine;

/// <summary>An address where a peer may be. Belongs to its <see cref="DialBook"/>.</summary>
internal sealed class DialCandidate(IPEndPoint endPoint, FoundBy by, int teller, uint priority)
{
    public IPEndPoint EndPoint => endPoint;

    /// <summary>The surest word for it.</summary>
    public FoundBy By { get; private set; } = by;

    /// <summary>The source that named it (BEP 11), 0 for none.</summary>
    public int Teller => teller;

    /// <summary>BEP 40.</summary>
    public uint Priority => priority;

    public int Attempts { get; set; }

    /// <summary>It has been dialled.</summary>
    public bool IsTried { get; set; }

    /// <summary>It is being dialled, or connected.</summary>
    public bool IsBusy { get; set; }

    public Instant NotBefore { get; set; }

    /// <summary>The source by which this very peer is connected already: it is not dialled while that lives.</summary>
    public int KeptBy { get; set; }

    /// <summary>Not dialled again: not a peer of ours, not allowed, or it never answered.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>It has everything, as another peer says.</summary>
    public bool IsSeed { get; set; }

    /// <summary>Another peer says that it dialled it.</summary>
    public bool IsReachable { get; init; }

    /// <summary>The local network is open to those alone who called out in it.</summary>
    public DialPurpose Purpose => By == FoundBy.Lsd ? DialPurpose.LocalPeer : DialPurpose.Peer;

    /// <summary>True if this word for it counts more than the one it is known by. A call in the local network opens that to it, which no other word does.</summary>
    public bool IsSurer(FoundBy by) => By != FoundBy.Lsd && (by == FoundBy.Lsd || TrustOf(by) < TrustOf(By));

    /// <summary>Found by a surer way as well. The neighbours' own word and the user's are a fresh start, whatever became of it before.</summary>
    public void Confirm(FoundBy by)
    {
        By = by;
        if (by is FoundBy.Lsd or FoundBy.Given)
        {
            (IsGivenUp, Attempts, NotBefore) = (false, 0, default);
        }
    }

    /// <summary>True if it is to be dialled before the other.</summary>
    public bool Before(DialCandidate other) =>
        Attempts != other.Attempts ? Attempts < other.Attempts
        : TrustOf(By) != TrustOf(other.By) ? TrustOf(By) < TrustOf(other.By)
        : IsReachable != other.IsReachable ? IsReachable
        : Priority > other.Priority;

    /// <summary>The user's word, the neighbours' own, a tracker's that saw the peer, then hearsay.</summary>
    private static int TrustOf(FoundBy by) => by switch
    {
        FoundBy.Given => 0,
        FoundBy.Lsd => 1,
        FoundBy.Tracker => 2,
        _ => 3,
    };
}
