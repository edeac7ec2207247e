using Swarm.Proxy.Front;

namespace Swarm.Proxy.Gateway;

/// <summary><c>GET /gateway/https/host/path</c>: a base URL for tools with a mirror setting, so that https gains without any certificate of ours.</summary>
internal sealed class GatewayRoute(IGetHandler get, LocalCallers local) : IRoute
{
    public string Name => "gateway";

    public bool Matches(FrontRequest request) => request.RawTarget.StartsWith(GatewayUrl.Prefix, StringComparison.Ordinal);

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        if (local.Refuse(context.Request, request) is { } refusal)
        {
            return PlainAnswer.WriteAndCloseAsync(context, refusal.Status, refusal.Sentence);
        }

        if (GatewayUrl.IsCapability(request.RawTarget))
        {
            return PlainAnswer.WriteAsync(context, 403, "This gateway link has no valid token. Tools need none: /gateway/https/host/path.");
        }

        return GatewayUrl.TryParse(request.RawTarget, out var target)
            ? get.HandleAsync(context, target, context.RequestAborted)
            : PlainAnswer.WriteAsync(context, 400, "A gateway address is /gateway/https/host/path or /gateway/http/host/path, with a plain host name or address.");
    }
}
