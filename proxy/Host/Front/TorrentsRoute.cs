using Swarm.Proxy.Gateway;

namespace Swarm.Proxy.Front;

/// <summary><c>/torrents/&lt;infohash&gt;[/path]</c>: bytes of torrents the user gave, for local tools.</summary>
internal sealed class TorrentsRoute(ITorrentRoute? torrents, LocalCallers local) : IRoute
{
    private const string Prefix = "/torrents";

    public string Name => "torrents";

    public bool Matches(FrontRequest request) =>
        request.RawTarget.StartsWith(Prefix, StringComparison.Ordinal) && (request.RawTarget.Length == Prefix.Length || request.RawTarget[Prefix.Length] is '/' or '?');

    public async Task HandleAsync(HttpContext context, FrontRequest request)
    {
        if (local.Refuse(context.Request, request) is { } refusal)
        {
            await PlainAnswer.WriteAndCloseAsync(context, refusal.Status, refusal.Sentence);
        }
        else if (torrents is null)
        {
            await PlainAnswer.WriteAsync(context, 404, "No torrent is known here. Give one with --torrent FILE or --torrent MAGNET.");
        }
        else
        {
            await torrents.HandleAsync(context, request.RawTarget[Prefix.Length..].Split('?', 2)[0].TrimStart('/'), context.RequestAborted);
        }
    }
}
