using Microsoft.AspNetCore.Http.Features;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Transparent;

namespace Swarm.Proxy.Front;

/// <summary>What routing looks at: the method, the request target exactly as received, and whether it is more than a plain read.</summary>
/// <param name="RawTarget">Never the server's unescaped path: <c>/a%2Fb</c> and <c>/a/b</c> are two resources.</param>
/// <param name="Tunnel">Set when the request came out of a tunnel that was opened here; it is for that host alone.</param>
/// <param name="Redirected">Set when a firewall sent the connection here.</param>
public readonly record struct FrontRequest(string Method, string RawTarget, bool HasBody, bool IsUpgrade, InterceptedConnection? Tunnel = null, RedirectedConnection? Redirected = null)
{
    /// <summary>A GET or HEAD without body or upgrade, which the swarm may answer; everything else is forwarded as it is.</summary>
    public bool IsPlainRead => (HttpMethods.IsGet(Method) || HttpMethods.IsHead(Method)) && !HasBody && !IsUpgrade;

    public static FrontRequest From(HttpContext context)
    {
        var features = context.Features;
        return new FrontRequest(
            context.Request.Method,
            features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false,
            WantsUpgrade(context),
            features.Get<InterceptedConnection>(),
            features.Get<RedirectedConnection>());
    }

    /// <summary>What the access log calls the request: the target URI where the client left the host to the connection and the Host field.</summary>
    public string LoggedTarget(HttpRequest request) =>
        !RawTarget.StartsWith('/') ? RawTarget
        : Tunnel is not null ? $"https://{request.Headers.Host}{RawTarget}"
        : Redirected is not null ? RedirectedRoute.UrlOf(request, this)
        : RawTarget;

    /// <summary>An upgrade to HTTP/2 is an offer that may be ignored (RFC 9113 removed it), so such a request stays a plain one.</summary>
    private static bool WantsUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
        && !context.Request.Headers.Upgrade.ToString().Trim().Equals("h2c", StringComparison.OrdinalIgnoreCase);
}
