using System.Text;
using Swarm.Engine.Targets;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>A proxy that origins are reached through.</summary>
/// <param name="IsTls">It is spoken to over TLS itself (<c>https://</c>).</param>
/// <param name="Authorization">The value of Proxy-Authorization; null without a user name. Never logged.</param>
public sealed record UpstreamProxy(TargetHost Host, int Port, bool IsTls, string? Authorization)
{
    /// <summary>Host and port, never the credentials.</summary>
    public string Authority => $"{Host.InUrl}:{Port}";

    public override string ToString() => (IsTls ? "https://" : "http://") + Authority;

    /// <summary>Reads <c>[http[s]://][user:password@]host[:port]</c>; user name and password may be percent-encoded.</summary>
    public static bool TryParse(string text, out UpstreamProxy proxy)
    {
        proxy = null!;
        var rest = text.AsSpan().Trim();
        var isTls = rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        if (isTls || rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest[(rest.IndexOf("://") + 3)..];
        }

        rest = rest.EndsWith('/') ? rest[..^1] : rest;

        string? authorization = null;
        var at = rest.LastIndexOf('@');
        if (at >= 0)
        {
            var user = Uri.UnescapeDataString(rest[..at].ToString());
            if (user.Any(char.IsControl))
            {
                return false;
            }

            // RFC 7617 §2: a user name without a password has an empty one.
            authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user.Contains(':', StringComparison.Ordinal) ? user : user + ":"));
            rest = rest[(at + 1)..];
        }

        if (!OriginTarget.TryParseAuthority(rest, OriginTarget.DefaultPort(isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp), out var host, out var port))
        {
            return false;
        }

        proxy = new UpstreamProxy(host, port, isTls, authorization);
        return true;
    }

    /// <summary>The text as it may be shown: without user name and password.</summary>
    public static string Shown(string text) => TryParse(text, out var proxy) ? proxy.ToString() + (proxy.Authorization is null ? "" : " (with credentials)") : text;
}
