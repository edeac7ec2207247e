namespace Swarm.Proxy.Control;

/// <summary>What a purge of the cache of small answers took out.</summary>
/// <param name="PurgedUrls">URLs that had stored answers.</param>
public sealed record PurgeResult(int PurgedUrls);
