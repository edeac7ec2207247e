namespace Swarm.Discovery;

/// <summary>What a tracker is told of a download.</summary>
public readonly record struct AnnounceProgress(long UploadedBytes, long DownloadedBytes, long LeftBytes);
