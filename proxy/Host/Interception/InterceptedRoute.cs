using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Interception;

/// <summary>Requests that came out of an opened tunnel: the client believes it speaks to the origin, so targets are in origin-form.</summary>
internal sealed class InterceptedRoute(IGetHandler get, Forwarder forwarder) : IRoute
{
    public string Name => "intercepted";

    public bool Matches(FrontRequest request) => request.Tunnel is not null;

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        // RFC 9112 §3.2.2: a server takes absolute-form, too. "*" is OPTIONS for the whole server, which this URL type cannot say.
        var url = request.RawTarget.StartsWith('/') ? $"https://{context.Request.Headers.Host}{request.RawTarget}"
            : request.RawTarget.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? request.RawTarget
            : "";
        if (!OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target))
        {
            return PlainAnswer.WriteAsync(context, 400, "The request target is not a path, or the Host field is not a plain host name or address.");
        }

        // The certificate named one host. Another Host in it is a reused connection (RFC 9110 §15.5.20) or an attempt to reach what CONNECT refuses.
        if (target.Host.Name != request.Tunnel!.Host.Name || target.Port != request.Tunnel.Port)
        {
            return PlainAnswer.WriteAsync(context, 421, $"This tunnel leads to {request.Tunnel.Host.InUrl}:{request.Tunnel.Port}. Open another one for {target.Authority}.");
        }

        return request.IsPlainRead ? get.HandleAsync(context, target, context.RequestAborted) : forwarder.HandleAsync(context, target);
    }
}
