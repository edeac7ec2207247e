using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// Which of two connections to one peer stays. Both ends decide by themselves and must decide alike, so the rule is libtorrent's: the
/// peer with the greater id is the one that may dial. An id proves nothing, so a stranger does not displace whoever delivers.
/// </summary>
internal static class TwinRule
{
    /// <summary>True if the newer connection takes the place of the older one.</summary>
    public static bool Replaces(PeerSource newer, PeerSource older, PeerId own)
    {
        if (!newer.EndPoint.Address.Equals(older.EndPoint.Address) && older.Record.ReceivedBytes > 0)
        {
            return false;
        }

        if (newer.IsInbound != older.IsInbound)
        {
            return newer.IsInbound == (newer.PeerId > own);
        }

        // Hashes may be asked for under the v2 hash only. A peer that calls again has lost its first connection.
        return newer.IsInbound ? newer.IsV2 || !older.IsV2 : newer.IsV2 && !older.IsV2;
    }
}
