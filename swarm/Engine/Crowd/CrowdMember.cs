using Swarm.Core;
using Swarm.Peer;

namespace Swarm.Engine;

/// <summary>One peer that listens to <c>swarm_crowd</c>.</summary>
internal sealed class CrowdMember(PeerSource source, PeerConnection peer)
{
    /// <summary>A viewer of 8 Mbit/s says some 200 things a second; whoever says ten times that is not heard out.</summary>
    private const int MaxMessagesPerSecond = 2000;

    private const long SecondMicros = 1_000_000;

    private long _secondStartedAt;
    private int _saidThisSecond;

    public PeerSource Source => source;

    public PeerConnection Peer => peer;

    /// <summary>What it was last told of our playhead, as an offset of content; -1 for nothing.</summary>
    public long ToldPlayhead { get; set; } = -1;

    /// <summary>False when it has said too much in this second. The receiving thread's.</summary>
    public bool MaySay(Instant now)
    {
        if (now.Micros - _secondStartedAt >= SecondMicros)
        {
            _secondStartedAt = now.Micros;
            _saidThisSecond = 0;
        }

        return ++_saidThisSecond <= MaxMessagesPerSecond;
    }
}
