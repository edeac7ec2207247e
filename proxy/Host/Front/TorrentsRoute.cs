using Swarm.Proxy.Gateway;

namespace Swarm.Proxy.Front;

/// <summary><c>/torrents/&lt;infohash&gt;[/path]</c>: bytes of torrents the user gave, for local tools.</summary>
internal sealed class TorrentsRoute(ITorrentRoute? torrents, LocalCallers local, CapabilityBook? capabilities = null) : IRoute
{
    private const string Prefix = "/torrents";

    public string Name => "torrents";

    public bool Matches(FrontRequest request) =>
        request.RawTarget.StartsWith(Prefix, StringComparison.Ordinal) && (request.RawTarget.Length == Prefix.Length || request.RawTarget[Prefix.Length] is '/' or '?');

    public async Task HandleAsync(HttpContext context, FrontRequest request)
    {
        var capability = CapabilityPath.TryRead(request.RawTarget, Prefix + "/");
        var target = capability?.Path ?? request.RawTarget;
        var path = target[Prefix.Length..].Split('?', 2)[0].TrimStart('/');
        if (local.Refuse(context.Request, request, hasCapability: capability is not null) is { } refusal)
        {
            await PlainAnswer.WriteAndCloseAsync(context, refusal.Status, refusal.Sentence);
        }
        else if (capability is { } carried && capabilities?.AllowsTorrent(carried.Token, path.Split('/', 2)[0]) != true)
        {
            await PlainAnswer.WriteAsync(context, 403, "This link has no valid token: it is for another torrent, or older than an hour.");
        }
        else if (torrents is null)
        {
            await PlainAnswer.WriteAsync(context, 404, "No torrent is known here. Give one with --torrent FILE or --torrent MAGNET.");
        }
        else
        {
            if (capability is not null)
            {
                LocalCallers.AllowEmbedding(context);
            }

            await torrents.HandleAsync(context, path, context.RequestAborted);
        }
    }
}
