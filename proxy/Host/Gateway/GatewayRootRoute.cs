using Swarm.Proxy.Front;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// One site behind the root of this port (<c>--gateway-root</c>), for tools whose mirror setting takes a host and no path, as Docker's
/// <c>registry-mirrors</c> does. Under the gateway's rules, after every path of this port's own.
/// </summary>
/// <param name="root">The gateway's path of the site: <c>/gateway/https/host</c>.</param>
internal sealed class GatewayRootRoute(GatewayRoute gateway, string root) : IRoute
{
    public string Name => "gateway-root";

    public bool Matches(FrontRequest request) => request.RawTarget.StartsWith('/');

    public Task HandleAsync(HttpContext context, FrontRequest request) => gateway.HandleAsync(context, request with { RawTarget = root + request.RawTarget });

    /// <summary>Reads <c>host[:port]</c>, which is https, or a URL without a path; null for anything else.</summary>
    public static string? RootOf(string text)
    {
        var scheme = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http" : "https";
        var rest = text.AsSpan(text.Contains("://", StringComparison.Ordinal) ? scheme.Length + "://".Length : 0);
        var authority = (rest.EndsWith('/') ? rest[..^1] : rest).ToString();
        var isOther = text.Contains("://", StringComparison.Ordinal) && !text.StartsWith($"{scheme}://", StringComparison.OrdinalIgnoreCase);
        return !isOther && !authority.AsSpan().ContainsAny('/', '?', '%') && GatewayUrl.TryParse($"{GatewayUrl.Prefix}{scheme}/{authority}/", out var target)
            ? $"{GatewayUrl.Prefix}{scheme}/{target.Authority}"
            : null;
    }
}
