using System.Net;
using System.Net.Http.Headers;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>
/// Plain http of the framework's client through an upstream proxy. Its connections to a proxy carry requests for any origin, so that the target is
/// checked here for each request and not where the connection is opened.
/// </summary>
internal sealed class UpstreamHandler(OutboundDialer dialer, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri!;
        if (uri.Scheme != Uri.UriSchemeHttp || dialer.PlainHttpProxyFor(uri.Host, uri.Port) is not { } proxy)
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        if (await dialer.CheckAsync(uri.Host, uri.Port, cancellationToken).ConfigureAwait(false) is { } forbidden)
        {
            throw new OutboundException(forbidden);
        }

        if (proxy.Authorization is { } credentials)
        {
            request.Headers.ProxyAuthorization = AuthenticationHeaderValue.Parse(credentials);
        }

        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
        {
            return response;
        }

        response.Dispose(); // the client has no credentials for a proxy it does not know of
        throw new OutboundException(OriginErrors.UpstreamRefused(proxy, uri.Authority, (int)HttpStatusCode.ProxyAuthenticationRequired));
    }

    /// <summary>Tells the framework's client which requests go out in absolute-form; it dials, TLS included, by our callback.</summary>
    internal sealed class WebProxy(OutboundDialer dialer) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => !IsBypassed(destination) && dialer.PlainHttpProxyFor(destination.Host, destination.Port) is { } proxy
            ? new Uri($"http://{proxy.Authority}")
            : null;

        public bool IsBypassed(Uri host) => host.Scheme != Uri.UriSchemeHttp || dialer.PlainHttpProxyFor(host.Host, host.Port) is null;
    }
}
