namespace Swarm.Protocol;

/// <summary>What a datagram of a UDP tracker is about (BEP 15).</summary>
public enum UdpTrackerAction
{
    Connect = 0,
    Announce = 1,
    Scrape = 2,
    Error = 3,
}
