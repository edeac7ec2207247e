using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// A gateway path and the target in it: <c>/gateway/https/host[:port]/path?query</c>, or with the URL pasted whole,
/// <c>/gateway/https://host/path</c>. Everything after the host goes to the origin untouched.
/// </summary>
internal static class GatewayUrl
{
    public const string Prefix = "/gateway/";

    /// <summary>containerd tells a mirror which registry it means (<c>?ns=docker.io</c>); here the path does, and the registry's own URL has no query.</summary>
    private static string WithoutNamespace(string path)
    {
        const string Namespace = "?ns=";
        var query = path.IndexOf('?', StringComparison.Ordinal);
        return query > 0 && path.AsSpan(query).StartsWith(Namespace, StringComparison.Ordinal) && !path.AsSpan(query).Contains('&')
            && path.AsSpan(0, query).StartsWith("/v2/", StringComparison.Ordinal)
            ? path[..query]
            : path;
    }

    /// <summary>Host and port stand in a path here, and pip escapes what it can in one: <c>%3A</c> before the port, brackets of IPv6.</summary>
    private static string WithPlainAuthority(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAny('/', '?');
        var authority = end < 0 ? rest : rest[..end];
        return !authority.Contains('%')
            ? rest.ToString()
            : authority.ToString().Replace("%3A", ":", StringComparison.OrdinalIgnoreCase).Replace("%5B", "[", StringComparison.OrdinalIgnoreCase).Replace("%5D", "]", StringComparison.OrdinalIgnoreCase)
                + rest[authority.Length..].ToString();
    }

    public static bool TryParse(string rawTarget, out OriginTarget target)
    {
        target = null!;
        if (!rawTarget.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = rawTarget.AsSpan(Prefix.Length);
        var scheme = rest.StartsWith("https", StringComparison.Ordinal) ? "https" : rest.StartsWith("http", StringComparison.Ordinal) ? "http" : null;
        if (scheme is null)
        {
            return false;
        }

        rest = rest[scheme.Length..];
        var separator = rest.StartsWith("://") ? 3 : rest.StartsWith(":/") ? 2 : rest.StartsWith("/") ? 1 : 0; // ":/": some clients collapse the double slash
        if (separator == 0 || !OriginTarget.TryParse($"{scheme}://{WithPlainAuthority(rest[separator..])}", TargetForm.Gateway, out target))
        {
            return false;
        }

        target = target with { PathAndQuery = WithoutNamespace(target.PathAndQuery) };
        return true;
    }
}
