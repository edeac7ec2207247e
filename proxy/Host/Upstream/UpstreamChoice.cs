using System.Net;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Upstream;

/// <summary>Which origins are reached through which proxy.</summary>
/// <param name="ForHttp">For plain http; null for none.</param>
/// <param name="ForHttps">For https and tunnels; null for none.</param>
public sealed record UpstreamChoice(UpstreamProxy? ForHttp, UpstreamProxy? ForHttps, UpstreamBypass Bypass)
{
    /// <summary>Null where the origin is reached directly.</summary>
    public UpstreamProxy? For(bool isPlainHttp, string host, int port) =>
        (isPlainHttp ? ForHttp : ForHttps) is { } proxy && TargetHost.TryParse(host, out var target) && !Bypass.Covers(target, port) ? proxy : null;

    /// <summary>What the variables say that every tool reads, the lower-case form first; null for nothing.</summary>
    /// <param name="variable">A variable of the environment; null where it is not set.</param>
    /// <param name="own">This program's own proxy port: a shell that was pointed at it leads nowhere else.</param>
    /// <param name="say">Hears of a value that cannot be used.</param>
    public static UpstreamChoice? FromEnvironment(Func<string, string?> variable, IPEndPoint own, Action<string> say)
    {
        var all = Read("all_proxy");
        var (http, https) = (Read("http_proxy") ?? all, Read("https_proxy") ?? all);
        return http is null && https is null ? null : new(http, https, BypassOf(variable));

        UpstreamProxy? Read(string name)
        {
            if (Variable(variable, name) is not { } text)
            {
                return null;
            }

            if (!UpstreamProxy.TryParse(text, out var proxy))
            {
                say($"{name} is set but names no HTTP proxy; origins are reached without it.");
                return null;
            }

            // "curl through the proxy" is an export in a shell, and the proxy may be started again in the same one.
            return IsOwn(proxy, own) ? null : proxy;
        }
    }

    public static UpstreamBypass BypassOf(Func<string, string?> variable) => new(Variable(variable, "no_proxy"));

    /// <summary>What a variable says that tools read in either case: the lower-case form first, as curl reads http_proxy in no other; one that is blank is not set.</summary>
    public static string? Variable(Func<string, string?> variable, string name)
    {
        return Set(variable(name)) ?? Set(variable(name.ToUpperInvariant()));

        static string? Set(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
    }

    private static bool IsOwn(UpstreamProxy proxy, IPEndPoint own) =>
        own.Port == proxy.Port && (proxy.Host.Name == "localhost" || (proxy.Host.Address is { } address && (IPAddress.IsLoopback(address) || address.Equals(own.Address))));
}
