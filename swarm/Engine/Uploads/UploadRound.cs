using Swarm.Core;

namespace Swarm.Engine;

/// <summary>What the choker remembers of one peer between rounds.</summary>
internal sealed class UploadRound(Instant joined)
{
    private long _received;
    private long _receivedBefore;
    private long _sent;

    /// <summary>When the peer got its slot, lost it, or joined.</summary>
    public Instant Since { get; set; } = joined;

    /// <summary>What it gave us in the last two rounds: 20 s.</summary>
    public long ReceivedBytes(long receivedSoFar) => receivedSoFar - _receivedBefore;

    /// <summary>True if it got nothing since the round began.</summary>
    public bool GotNothing(long sentSoFar) => sentSoFar == _sent;

    public void End(long receivedSoFar, long sentSoFar) => (_receivedBefore, _received, _sent) = (_received, receivedSoFar, sentSoFar);
}
