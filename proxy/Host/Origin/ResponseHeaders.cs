using Microsoft.AspNetCore.Http.Features;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>An origin's status line and fields as the client gets them: the connection's own removed, Via appended.</summary>
public static class ResponseHeaders
{
    /// <param name="filter">What else changes, such as the gateway's list; null for none.</param>
    public static void CopyTo(HttpResponse response, OriginAnswer answer, ProxyIdentity identity, Func<HttpFields, HttpFields>? filter = null)
    {
        response.StatusCode = answer.Status;
        response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = IsText(answer.Reason) ? answer.Reason : null;
        var fields = HopByHop.Strip(answer.Fields);
        foreach (var field in filter is null ? fields : filter(fields))
        {
            // A length beside a transfer coding is a smuggling attempt (RFC 9112 §6.3), one on a 204 has no body to describe (RFC 9110 §8.6).
            var length = field.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);
            if (length)
            {
                if (answer.Status is not 204)
                {
                    response.ContentLength = answer.ContentLength;
                }
            }
            else if (IsText(field.Value))
            {
                response.Headers.Append(field.Name, field.Value);
            }
        }

        response.Headers.Append("Via", identity.Via(answer.Protocol));
    }

    /// <summary>Visible octets, spaces and tabs (RFC 9110 §5.5); an origin that sends others does not get them relayed.</summary>
    private static bool IsText(string value)
    {
        foreach (var c in value)
        {
            if ((c < ' ' && c != '\t') || c == '\x7f' || c > '\xff')
            {
                return false;
            }
        }

        return true;
    }
}
