namespace Swarm.Http;

/// <summary>
/// Field rules of the gateway: under one loopback origin it serves bytes of many sites, so nothing a site says about its own origin may
/// reach the browser, and nothing a browser attached for loopback may reach a site.
/// </summary>
public static class GatewayHeaders
{
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Set-Cookie", "Set-Cookie2", "Service-Worker-Allowed", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "Refresh", "NEL",
        "Report-To", "Reporting-Endpoints", "Public-Key-Pins", "Expect-CT", "Content-Security-Policy-Report-Only", "Origin-Agent-Cluster",
        "Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy",
        "Timing-Allow-Origin", "SourceMap", "X-SourceMap", "Speculation-Rules", "Supports-Loading-Mode", "WWW-Authenticate", "Proxy-Authenticate", "Link",
    };

    /// <summary>The fields of a gateway answer: filtered, with the sandbox set.</summary>
    /// <param name="hasCapability">The URL carried a valid capability token.</param>
    /// <param name="requestOrigin">The browser's Origin; null if none.</param>
    public static HttpFields Response(HttpFields fromOrigin, bool hasCapability, string? requestOrigin)
    {
        var allowed = hasCapability && requestOrigin is not null ? AllowedOrigin(fromOrigin, requestOrigin) : null;
        var fields = Kept(fromOrigin);
        fields.Add("Content-Security-Policy", "sandbox; default-src 'none'");
        fields.Add("X-Content-Type-Options", "nosniff");
        fields.Add("Cross-Origin-Resource-Policy", hasCapability ? "cross-origin" : "same-origin");
        if (allowed is not null)
        {
            fields.Add("Access-Control-Allow-Origin", allowed);
            fields.Add("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag, Cache-Status, Swarm-Receipt");
            if (allowed != "*")
            {
                fields.Add("Vary", "Origin");
            }
        }

        return fields;
    }

    /// <summary>What a site may say at all: of an answer, of the 1xx answers before it and the trailers behind it.</summary>
    public static HttpFields Kept(HttpFields fromOrigin) => HopByHop.Remove(fromOrigin).Where(line =>
        !Dropped.Contains(line.Name) && !line.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

    /// <summary>The fields to send on: without what a browser added for loopback. A tool's own Cookie and Authorization pass.</summary>
    public static HttpFields Request(HttpFields fromClient)
    {
        var isBrowser = fromClient.Any(line =>
            line.Name.StartsWith("Sec-Fetch-", StringComparison.OrdinalIgnoreCase) || line.Name.Equals("Origin", StringComparison.OrdinalIgnoreCase));
        return HopByHop.Remove(fromClient).Where(line => !Is(line, "Referer") && !(isBrowser && IsCredential(line)));

        static bool Is(HttpField line, string name) => line.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
        static bool IsCredential(HttpField line) => Is(line, "Cookie") || Is(line, "Authorization");
    }

    // Only what the origin itself granted: any origin, or this one.
    private static string? AllowedOrigin(HttpFields fromOrigin, string requestOrigin) =>
        fromOrigin.Combined("Access-Control-Allow-Origin") is { } granted && (granted == "*" || granted == requestOrigin) ? granted : null;
}
