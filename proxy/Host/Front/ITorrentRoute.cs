namespace Swarm.Proxy.Front;

/// <summary>Answers <c>GET</c> and <c>HEAD /torrents/…</c>: bytes and playlists of torrents the user gave. Called after the host and browser rules.</summary>
public interface ITorrentRoute
{
    /// <param name="path">What follows <c>/torrents/</c>, escaped as received: <c>&lt;infohash&gt;[/&lt;path&gt;]</c>; without the query.</param>
    Task HandleAsync(HttpContext context, string path, CancellationToken cancellationToken);
}
