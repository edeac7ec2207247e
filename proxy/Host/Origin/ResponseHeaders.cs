using Microsoft.AspNetCore.Http.Features;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>An origin's status line and fields as the client gets them: the connection's own removed, Via signed.</summary>
public static class ResponseHeaders
{
    /// <param name="filter">What else changes, such as the gateway's list; null for none.</param>
    public static void CopyTo(HttpResponse response, OriginAnswer answer, ProxyIdentity identity, Func<HttpFields, HttpFields>? filter = null) =>
        Copy(response, answer.Status, answer.Reason, answer.Fields, answer.ContentLength, answer.Protocol, identity, filter);

    /// <summary>The same for an answer put together here: from a probe's, or from what an earlier answer said of the version.</summary>
    /// <param name="contentLength">Bytes of the body to come.</param>
    public static void CopyTo(
        HttpResponse response, int status, HttpFields fields, long contentLength, string protocol, ProxyIdentity identity, Func<HttpFields, HttpFields>? filter = null) =>
        Copy(response, status, "", fields, contentLength, protocol, identity, filter);

    private static void Copy(
        HttpResponse response, int status, string reason, HttpFields received, long? contentLength, string protocol, ProxyIdentity identity, Func<HttpFields, HttpFields>? filter)
    {
        response.StatusCode = status;
        response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason.Length > 0 && HttpField.IsText(reason) ? reason : null;
        var fields = HopByHop.Remove(received);
        fields = filter is null ? fields : filter(fields);
        identity.Sign(fields, protocol);
        foreach (var field in fields)
        {
            // A length beside a transfer coding is a smuggling attempt (RFC 9112 §6.3), one on a 204 has no body to describe (RFC 9110 §8.6).
            if (!field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && HttpField.IsText(field.Value))
            {
                response.Headers.Append(field.Name, field.Value);
            }
        }

        if (status is not 204)
        {
            response.ContentLength = contentLength;
        }
    }
}
