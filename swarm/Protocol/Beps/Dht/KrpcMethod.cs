namespace Swarm.Protocol;

/// <summary>What a query asks for (BEP 5): its key <c>q</c>.</summary>
public enum KrpcMethod : byte
{
    /// <summary>None that this program knows.</summary>
    Unknown,
    Ping,
    FindNode,
    GetPeers,
    AnnouncePeer,
}
