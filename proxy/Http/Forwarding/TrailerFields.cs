namespace Swarm.Http;

/// <summary>
/// Which trailer fields go on (RFC 9110 §6.5.1): none that frames, routes, authenticates, or says how the content or a stored answer is to be
/// read, since whoever merges trailers into the head would take them for the head's.
/// </summary>
public static class TrailerFields
{
    private static readonly HashSet<string> Never = new(StringComparer.OrdinalIgnoreCase)
    {
        "Transfer-Encoding", "Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Content-Location", "Host", "Trailer", "TE", "Expect", "Max-Forwards",
        "Range", "Authorization", "Authentication-Info", "Cookie", "Set-Cookie", "WWW-Authenticate",
        "Cache-Control", "CDN-Cache-Control", "Pragma", "Age", "Date", "Expires", "Vary", "ETag", "Last-Modified", "Location", "Retry-After", "Warning",
        "Content-Security-Policy", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "Refresh", "Via", "Cache-Status", "Proxy-Status", "Swarm-Receipt", "Link",
    };

    /// <summary>True if the client says that it takes trailers (§10.1.4); several lines are one list.</summary>
    public static bool AreAccepted(HttpFields request)
    {
        ReadOnlySpan<char> rest = request.Combined("TE");
        while (Syntax.NextElement(ref rest, out var coding))
        {
            if (coding.Equals("trailers", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Those that may be relayed and can stand in a field line, in their order.</summary>
    public static HttpFields Relayed(HttpFields trailers) =>
        HopByHop.Remove(trailers).Where(static f =>
            Syntax.IsToken(f.Name) && HttpField.IsText(f.Value) && !Never.Contains(f.Name) && !f.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
}
