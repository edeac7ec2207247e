using Swarm.Http;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// What an origin may not say through the gateway, where every site shares this machine's host name: fields that set
/// state for a host, and those that would let a page use the bytes. What remains is sandboxed.
/// </summary>
internal static class GatewayFields
{
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Set-Cookie", "Set-Cookie2", "Service-Worker-Allowed", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "Refresh", "NEL", "Report-To", "Reporting-Endpoints",
        "Public-Key-Pins", "Expect-CT", "Content-Security-Policy", "Content-Security-Policy-Report-Only", "X-Content-Type-Options", "Cross-Origin-Resource-Policy",
        "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Access-Control-Allow-Private-Network", "SourceMap", "X-SourceMap",
    };

    public static HttpFields Filter(HttpFields fields)
    {
        var kept = fields.Where(static f => !Dropped.Contains(f.Name));
        kept.Add("Content-Security-Policy", "sandbox; default-src 'none'");
        kept.Add("X-Content-Type-Options", "nosniff");
        kept.Add("Cross-Origin-Resource-Policy", "same-origin");
        return kept;
    }
}
