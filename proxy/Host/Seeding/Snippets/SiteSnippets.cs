using System.Globalization;
using System.Text;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>Every web server that is known, and how paths are written for them.</summary>
internal static class SiteSnippets
{
    public static IReadOnlyList<ISiteSnippet> All { get; } = [new NginxSnippet(), new CaddySnippet(), new ApacheSnippet()];

    /// <summary>A URL's path as it is sent (RFC 3986 §3.3): with other characters the header would not be one.</summary>
    internal const string RawPath = "[A-Za-z0-9._~!$&'()*+,;=:@%/-]+";

    /// <summary>Why no configuration can name this; null if it can. All three servers read quotes, backslashes, dollars and braces their own way.</summary>
    public static string? Problem(SiteAddress address, string torrents) =>
        torrents.Any(IsOdd) ? $"--torrents {TorrentNames.Shown(torrents)}: a configuration cannot name a folder with quotes, backslashes, $, %, *, braces or control characters in it; choose another."
        : address.Prefix.Any(IsOdd) ? $"--web-seed {address.Web}: a configuration cannot name a path with quotes, backslashes, $, %, *, braces or control characters in it; write those lines by hand."
        : null;

    private static bool IsOdd(char c) => char.IsControl(c) || c is '"' or '\'' or '\\' or '$' or '{' or '}' or '%' or '`' or '*';

    /// <summary>A text as a regular expression that matches it alone, in PCRE and in Go's: letters of all scripts as they are, signs by their number.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder();
        foreach (var c in text)
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' || c > '\x7f' ? quoted.Append(c) : quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
        }

        return quoted.ToString();
    }
}
