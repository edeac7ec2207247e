using Swarm.Proxy.Front;

namespace Swarm.Proxy.Gateway;

/// <summary><c>GET /gateway/https/host/path</c>: a base URL for tools with a mirror setting, so that https gains without any certificate of ours.</summary>
internal sealed class GatewayRoute(IGetHandler get, GatewayIndex index, LocalCallers local, CapabilityBook? capabilities = null) : IRoute
{
    public string Name => "gateway";

    public bool Matches(FrontRequest request) => request.RawTarget.StartsWith(GatewayUrl.Prefix, StringComparison.Ordinal);

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        var capability = CapabilityPath.TryRead(request.RawTarget, GatewayUrl.Prefix);
        if (local.Refuse(context.Request, request, hasCapability: capability is not null) is { } refusal)
        {
            return PlainAnswer.WriteAndCloseAsync(context, refusal.Status, refusal.Sentence);
        }

        var isTarget = GatewayUrl.TryParse(capability?.Path ?? request.RawTarget, out var target);
        if (capability is { } carried)
        {
            if (!isTarget || capabilities?.Allows(carried.Token, target) != true)
            {
                return PlainAnswer.WriteAsync(context, 403, "This gateway link has no valid token: it is for another host, or older than an hour. Tools need none: /gateway/https/host/path.");
            }

            LocalCallers.AllowEmbedding(context);
        }

        return isTarget
            ? (capability is null && IndexRules.MayBeIndex(context.Request) ? index : get).HandleAsync(context, target, context.RequestAborted)
            : PlainAnswer.WriteAsync(context, 400, "A gateway address is /gateway/https/host/path or /gateway/http/host/path, with a plain host name or address.");
    }
}
