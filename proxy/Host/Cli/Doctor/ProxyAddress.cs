using System.Net;

namespace Swarm.Proxy.Cli;

/// <summary>Where a proxy setting of another program leads.</summary>
internal static class ProxyAddress
{
    /// <summary>It leads to this node.</summary>
    public static bool IsOurs(string value, IPEndPoint ours) =>
        Read(value) is { } uri && uri.Port == ours.Port && (uri.IsLoopback || uri.Host == ours.Address.ToString());

    /// <summary>As it may be shown: without user name and password. Where an at sign stands elsewhere than before the host, what stands before it may be one.</summary>
    public static string Shown(string value) =>
        Read(value) is { } uri && (uri.UserInfo.Length > 0 || !value.Contains('@', StringComparison.Ordinal))
            ? uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "another proxy";

    /// <summary>Most tools take an address without a scheme, too.</summary>
    private static Uri? Read(string value) =>
        Uri.TryCreate(value.Contains("://", StringComparison.Ordinal) ? value : "http://" + value, UriKind.Absolute, out var uri) ? uri : null;
}
