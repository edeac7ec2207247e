using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>Fields that belong to one connection and never cross this proxy (RFC 9110 §7.6.1).</summary>
internal static class HopByHop
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    };

    /// <summary>Naming one of these in Connection is an attack: the message would mean something else further on.</summary>
    private static readonly HashSet<string> EndToEnd = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Cache-Control", "Authorization", "Cookie", "Set-Cookie", "Range", "If-Range", "If-Match",
        "If-None-Match", "Via", "Vary", "ETag", "Date", "Age",
    };

    public static HttpFields Strip(HttpFields fields)
    {
        HashSet<string>? named = null;
        foreach (var line in fields.Lines("Connection"))
        {
            foreach (var name in line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!EndToEnd.Contains(name))
                {
                    (named ??= new(StringComparer.OrdinalIgnoreCase)).Add(name);
                }
            }
        }

        return fields.Where(f => !Names.Contains(f.Name) && named?.Contains(f.Name) != true);
    }
}
