namespace Swarm.Http;

/// <summary>
/// Removes what belongs to one connection only (RFC 9110 §7.6.1), both ways: the known fields and those that Connection names. A sender
/// cannot use Connection to take away a field meant for everyone, though.
/// </summary>
public static class HopByHop
{
    private static readonly HashSet<string> Always = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
        "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Authentication-Info",
    };

    private static readonly HashSet<string> Protected = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-Location", "Content-Disposition", "Content-Security-Policy",
        "Cache-Control", "CDN-Cache-Control", "Pragma", "Expires", "Age", "Date", "Vary", "ETag", "Last-Modified", "Location",
        "Authorization", "WWW-Authenticate", "Cookie", "Set-Cookie", "Range", "Accept-Ranges", "Accept-Encoding", "If-Match", "If-None-Match",
        "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Via", "Max-Forwards", "Expect", "Origin", "Link", "Repr-Digest", "Content-Digest", "Digest",
        "X-Content-Type-Options", "Cache-Status", "Proxy-Status", "Swarm-Receipt",
    };

    /// <summary>A copy with the end-to-end fields only.</summary>
    public static HttpFields Remove(HttpFields message)
    {
        var named = Named(message);
        return named is null ? message.Where(static line => !Always.Contains(line.Name))
            : message.Where(line => !Always.Contains(line.Name) && !named.Contains(line.Name));
    }

    /// <summary>What Connection names beside the usual; null for nothing.</summary>
    private static HashSet<string>? Named(HttpFields message)
    {
        HashSet<string>? names = null;
        foreach (var line in message.Lines("Connection"))
        {
            ReadOnlySpan<char> rest = line;
            while (Syntax.NextElement(ref rest, out var option))
            {
                if (Syntax.IsToken(option) && option.ToString() is var name && !Always.Contains(name) && !Protected.Contains(name) && !IsAccessControl(name))
                {
                    names ??= new(StringComparer.OrdinalIgnoreCase);
                    names.Add(name);
                }
            }
        }

        return names;
    }

    private static bool IsAccessControl(string name) =>
        name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase);
}
