using Swarm.Engine;

namespace Swarm.Proxy.Control;

/// <summary>One torrent the node knows.</summary>
/// <param name="Infohash">The identity used in URLs: 64 hex digits of v2, or 40 of v1.</param>
/// <param name="Name">Text from outside.</param>
/// <param name="State"><c>idle</c> (joins on first use), <c>joined</c>, <c>paused</c>, <c>checking</c>.</param>
/// <param name="Path">The folder of files the user brought; null if there is none.</param>
/// <param name="Note">How the last check stands or ended, as one sentence; null without one.</param>
/// <param name="WebSeeds">Its web seeds and mirrors while it is joined.</param>
public sealed record TorrentView(
    string Infohash,
    string? V1,
    string? V2,
    string Name,
    long TotalBytes,
    long HaveBytes,
    string State,
    int Peers,
    IReadOnlyList<TorrentFileView> Files,
    string? Path = null,
    string? Note = null,
    IReadOnlyList<HttpSeedSnapshot>? WebSeeds = null);

/// <summary>One file of a torrent and where the proxy serves it.</summary>
public sealed record TorrentFileView(string Path, long Length, string Url);
