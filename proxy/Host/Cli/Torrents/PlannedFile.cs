namespace Swarm.Proxy.Cli;

/// <summary>A file that a torrent will describe.</summary>
/// <param name="FullPath">Where it lies.</param>
/// <param name="Path">Its name in the torrent, slash-separated.</param>
/// <param name="Bytes">Its length when it was looked at.</param>
internal sealed record PlannedFile(string FullPath, string Path, long Bytes);
