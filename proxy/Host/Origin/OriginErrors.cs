using System.Security.Authentication;
using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Origin;

/// <summary>The one place that turns what the HTTP client throws into <see cref="OriginError"/> values.</summary>
internal static class OriginErrors
{
    public static OriginError Refused(DialRefusal refusal) =>
        new(OriginStage.Policy, OriginParty.Policy, OriginRetry.Never, 403, ProxyError.DestinationIpProhibited, refusal.ToString());

    public static OriginError Failed(DialFailure failure) => failure.Stage == DialStage.Resolve
        ? new(OriginStage.Resolve, OriginParty.Network, OriginRetry.Later, 502, ProxyError.DnsError, failure.Reason)
        : new(OriginStage.Connect, OriginParty.Origin, OriginRetry.Later,
            failure.Error == System.Net.Sockets.SocketError.TimedOut ? 504 : 502,
            failure.Error switch
            {
                System.Net.Sockets.SocketError.ConnectionRefused => ProxyError.ConnectionRefused,
                System.Net.Sockets.SocketError.TimedOut => ProxyError.ConnectionTimeout,
                _ => ProxyError.DestinationUnavailable,
            },
            failure.Reason);

    public static OriginError ConnectTimeout(string authority, TimeSpan limit) =>
        new(OriginStage.Connect, OriginParty.Origin, OriginRetry.Later, 504, ProxyError.ConnectionTimeout, $"{authority} did not answer within {limit.TotalSeconds:0.#} s.");

    public static OriginError HeaderTimeout(string authority, TimeSpan limit) =>
        new(OriginStage.Headers, OriginParty.Origin, OriginRetry.Later, 504, ProxyError.HttpResponseTimeout, $"{authority} took the request but sent no response within {limit.TotalSeconds:0.#} s.");

    public static OriginError TooManyRedirects(string url, int limit) =>
        new(OriginStage.Redirect, OriginParty.Origin, OriginRetry.Never, 502, ProxyError.HttpProtocolError, $"More than {limit} redirects, the last to {url}.");

    public static OriginError UnsendableRequest { get; } = new(
        OriginStage.Headers, OriginParty.Client, OriginRetry.Never, 400, ProxyError.HttpRequestError, "A header field of the request cannot be sent on: it holds control characters.");

    public static FramingFault TooManyInterims { get; } = new(ProxyError.HttpProtocolError, "sent 1xx answers that lead nowhere");

    /// <param name="what">The rest of a sentence that begins with the proxy.</param>
    public static OriginError UpstreamUnusable(UpstreamProxy proxy, string what) =>
        new(OriginStage.Connect, OriginParty.Network, OriginRetry.Later, 502, ProxyError.DestinationUnavailable, $"The upstream proxy {proxy.Authority} {what.TrimEnd('.')}.");

    public static OriginError UpstreamRefused(UpstreamProxy proxy, string authority, int status) => status == 508
        ? new(OriginStage.Connect, OriginParty.Network, OriginRetry.Never, 508, ProxyError.ProxyLoopDetected,
            $"The upstream proxy {proxy.Authority} leads back here: of two proxies each has the other as its upstream.")
        : status == 407
        ? new(OriginStage.Connect, OriginParty.Network, OriginRetry.Never, 502, ProxyError.ProxyConfigurationError,
            $"The upstream proxy {proxy.Authority} wants {(proxy.Authorization is null ? "a" : "another")} user name and password: --upstream-proxy http://USER:PASSWORD@{proxy.Authority}.")
        : new(OriginStage.Connect, OriginParty.Network, status >= 500 ? OriginRetry.Later : OriginRetry.Never, status == 504 ? 504 : 502, ProxyError.DestinationUnavailable,
            $"The upstream proxy {proxy.Authority} refused the way to {authority} with {status}.");

    public static OriginError NoAnswer(string authority) =>
        new(OriginStage.Headers, OriginParty.Origin, OriginRetry.Later, 502, ProxyError.ConnectionTerminated, $"{authority} closed the connection before it answered.");

    public static OriginError Framing(string authority, FramingFault fault) =>
        new(OriginStage.Headers, OriginParty.Origin, OriginRetry.Never, 502, fault.Error, $"{authority} {fault.What}.");

    public static OriginError TlsFailed(Exception exception, string authority)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                return Certificate(e, authority);
            }
        }

        return new(OriginStage.Tls, OriginParty.Origin, OriginRetry.Later, 502, ProxyError.TlsProtocolError, $"The TLS handshake with {authority} broke off.");
    }

    public static OriginError From(Exception exception, string authority, TimeSpan connectLimit)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case OutboundException outbound:
                    return outbound.Error;
                case AuthenticationException:
                    return Certificate(e, authority);
                case TimeoutException:
                    return ConnectTimeout(authority, connectLimit);
            }
        }

        return (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError => TlsFailed(exception, authority),
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => new(OriginStage.Connect, OriginParty.Origin, OriginRetry.Later, 502,
                ProxyError.DestinationUnavailable, $"No connection to {authority}: {OneLine(exception.Message)}"),
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError => new(OriginStage.Headers, OriginParty.Origin,
                OriginRetry.Never, 502, ProxyError.HttpProtocolError, $"{authority} answered with something that is not HTTP."),
            HttpRequestError.ConfigurationLimitExceeded => new(OriginStage.Headers, OriginParty.Origin, OriginRetry.Never, 502,
                ProxyError.HttpResponseHeaderSectionSize, $"{authority} sent a response header longer than this proxy reads."),
            _ => NoAnswer(authority),
        };
    }

    private static OriginError Certificate(Exception e, string authority) => new(
        OriginStage.Tls, OriginParty.Origin, OriginRetry.Never, 502, ProxyError.TlsCertificateError, $"The TLS handshake with {authority} failed: {OneLine(e.Message)}");

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
