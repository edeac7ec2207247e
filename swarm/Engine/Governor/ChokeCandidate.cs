using Swarm.Core;

namespace Swarm.Engine;

/// <summary>What the choker knows of one connected peer.</summary>
/// <param name="Loop">Its swarm.</param>
/// <param name="Peer">Its number.</param>
/// <param name="IsInterested">It wants something of ours, and its swarm gives.</param>
/// <param name="IsUnchoked">It has a slot now.</param>
/// <param name="ReceivedBytes">Blocks it gave us in the last 20 s.</param>
/// <param name="BehindBytes">How far it is behind the nearest playhead of ours; negative if it is ahead, or nobody knows.</param>
/// <param name="Since">When it got its slot, or when it lost it or joined.</param>
/// <param name="IsStuck">It has a slot and requests, and took nothing for a whole round.</param>
/// <param name="IsViewer">It listens to what viewers of one origin tell each other.</param>
public readonly record struct ChokeCandidate(
    int Loop, int Peer, bool IsInterested, bool IsUnchoked, long ReceivedBytes, long BehindBytes, Instant Since, bool IsStuck, bool IsViewer);
