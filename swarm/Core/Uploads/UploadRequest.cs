namespace Swarm.Core;

/// <summary>One block that a peer has asked this node for and that waits to be sent.</summary>
/// <param name="Peer">The peer's number.</param>
/// <param name="Block">First block of the swarm's block space that it touches.</param>
/// <param name="ArrivedAt">When it was asked for.</param>
/// <param name="Deadline">When the peer needs it, if it said so; <see cref="Instant.Never"/> otherwise.</param>
/// <param name="Holders">Connected peers that have its piece.</param>
/// <param name="Sends">Times this node sent the block to anybody.</param>
/// <param name="GivenBytes">What the peer got, as a fair share counts it: comparable between peers that wait now.</param>
public readonly record struct UploadRequest(int Peer, int Block, Instant ArrivedAt, Instant Deadline, int Holders, int Sends, long GivenBytes);
