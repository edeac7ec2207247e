using Swarm.Engine.Targets;

namespace Swarm.Proxy.Origin;

/// <summary>
/// A target URI as the client wrote it: scheme, host and port understood, path and query untouched.
/// Two URLs are the same resource only if their bytes are, so nothing here unescapes or collapses anything.
/// </summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">The checked host.</param>
/// <param name="Port">Explicit or the scheme's default.</param>
/// <param name="PathAndQuery">Begins with <c>/</c>; exactly the bytes received, as Latin-1. Empty for a server as a whole.</param>
/// <param name="Form">How the client said it.</param>
public sealed record OriginTarget(
    string Scheme,
    TargetHost Host,
    int Port,
    string PathAndQuery,
    TargetForm Form)
{
    private static readonly UriCreationOptions Raw = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public bool IsHttps => Scheme == Uri.UriSchemeHttps;

    /// <summary>Host and port as a Host field has them: the scheme's default port is left out.</summary>
    public string Authority { get; } = Port == DefaultPort(Scheme) ? Host.InUrl : $"{Host.InUrl}:{Port}";

    /// <summary>The target URI, path and query as received.</summary>
    public string Url { get; } = Port == DefaultPort(Scheme) ? $"{Scheme}://{Host.InUrl}{PathAndQuery}" : $"{Scheme}://{Host.InUrl}:{Port}{PathAndQuery}";

    /// <summary>The same as a <see cref="System.Uri"/> that leaves path and query alone.</summary>
    public Uri ToUri() => new(Url, Raw);

    /// <summary>The server that has this resource: <c>*</c> on its request line (RFC 9112 §3.2.4).</summary>
    public OriginTarget OfServer() => new(Scheme, Host, Port, "", Form);

    public bool SameOrigin(OriginTarget other) => Scheme == other.Scheme && Host.Name == other.Host.Name && Port == other.Port;

    public static int DefaultPort(string scheme) => scheme == Uri.UriSchemeHttps ? 443 : 80; // RFC 9110 §4.2

    /// <summary>
    /// Reads <c>scheme://authority/path?query</c>. False for other schemes, userinfo (RFC 9110 §4.2.4: a way to deceive), fragments, and hosts that are not plain.
    /// </summary>
    public static bool TryParse(string url, TargetForm form, out OriginTarget target)
    {
        target = null!;
        var scheme = url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? Uri.UriSchemeHttp
            : url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? Uri.UriSchemeHttps
            : null;
        if (scheme is null)
        {
            return false;
        }

        var rest = url.AsSpan(scheme.Length + 3);
        var end = rest.IndexOfAny('/', '?');
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "/" : rest[end] == '/' ? rest[end..].ToString() : $"/{rest[end..]}"; // RFC 9112 §3.2.1: no path means "/"
        if (!TryParseAuthority(authority, DefaultPort(scheme), out var host, out var port) || !IsPlain(path))
        {
            return false;
        }

        target = new OriginTarget(scheme, host, port, path, form);
        return true;
    }

    /// <summary>Reads <c>host[:port]</c>; without a port the default, which is 0 where a port must be written (CONNECT).</summary>
    public static bool TryParseAuthority(ReadOnlySpan<char> authority, int defaultPort, out TargetHost host, out int port)
    {
        port = defaultPort;
        var colon = authority.LastIndexOf(':');
        var hostText = authority;
        if (colon >= 0 && authority.LastIndexOf(']') < colon)
        {
            hostText = authority[..colon];
            var digits = authority[(colon + 1)..];
            // RFC 9110 §4.2.3: an empty port is the default; CONNECT has none.
            if (digits.Length > 5 || digits.ContainsAnyExceptInRange('0', '9') || (digits.IsEmpty && defaultPort == 0))
            {
                host = default;
                return false;
            }

            port = digits.IsEmpty ? defaultPort : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        }

        // A bare IPv6 address is ambiguous with a port; in a URL it has brackets.
        if (hostText.Contains(':') && (hostText.IsEmpty || hostText[0] != '['))
        {
            host = default;
            return false;
        }

        return TargetHost.TryParse(hostText, out host) && port is > 0 and <= 65535;
    }

    /// <summary>No fragment, space or control character: none of them may stand in a request target, and each could split a line further on.</summary>
    private static bool IsPlain(string path)
    {
        foreach (var c in path)
        {
            if (c is <= ' ' or '\x7f' or '#' or > '\xff')
            {
                return false;
            }
        }

        return true;
    }
}
