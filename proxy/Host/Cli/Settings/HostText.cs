using System.Net;

namespace Swarm.Proxy.Cli;

/// <summary>Host names as people write them (RFC 1123 §2.1): labels of letters, digits and dashes; underscores are met in the wild.</summary>
internal static class HostText
{
    public static bool IsHost(string text) =>
        text.Length is > 0 and <= 253 && text.TrimEnd('.').Split('.').All(IsLabel);

    /// <summary>A host, an address (v6 with or without brackets), or a network in CIDR form with zero host bits.</summary>
    public static bool IsTarget(string text) => text.Contains('/', StringComparison.Ordinal)
        ? IPNetwork.TryParse(text, out _)
        : IsHost(text) || IPAddress.TryParse(text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text, out _);

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
