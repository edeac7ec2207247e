namespace Swarm.Proxy.Front;

/// <summary>The forward proxy: <c>GET http://host/path HTTP/1.1</c> (RFC 9112 §3.2.2).</summary>
internal sealed class AbsoluteFormRoute(IGetHandler get, Forwarder forwarder) : IRoute
{
    public const string NoTarget =
        "The URL is not one this proxy can follow: it needs a plain host name or address, an optional port, no user name, and no #fragment.";

    private readonly RecentTargets _recent = new();

    public string Name => "absolute-form";

    public bool Matches(FrontRequest request) => request.RawTarget.Contains("://", StringComparison.Ordinal) && !request.RawTarget.StartsWith('/');

    public Task HandleAsync(HttpContext context, FrontRequest request)
    {
        if (!request.RawTarget.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            return PlainAnswer.WriteAsync(context, 400, request.RawTarget.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
                ? "For https a client asks the proxy for a tunnel (CONNECT), or uses /gateway/https/host/path."
                : "This proxy speaks http and, in a tunnel, https.");
        }

        if (!_recent.TryParse(request.RawTarget, out var target))
        {
            return PlainAnswer.WriteAsync(context, 400, NoTarget);
        }

        return request.IsPlainRead ? get.HandleAsync(context, target, context.RequestAborted) : forwarder.HandleAsync(context, target);
    }
}
