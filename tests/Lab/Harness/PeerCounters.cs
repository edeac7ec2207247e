namespace Swarm.Lab.Harness;

/// <summary>What a stock peer says it sent, got and refused: the witness against our own receipt.</summary>
public sealed record PeerCounters(long UploadedBytes, long DownloadedBytes, long HashFailedBytes, int Peers, bool Seeding);
