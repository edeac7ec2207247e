namespace Swarm.Proxy.Cli;

/// <summary>Host names as people write them (RFC 1123 §2.1): labels of letters, digits and dashes; underscores are met in the wild.</summary>
internal static class HostText
{
    public static bool IsHost(string text) =>
        text.Length is > 0 and <= 253 && text.TrimEnd('.').Split('.').All(IsLabel);

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
