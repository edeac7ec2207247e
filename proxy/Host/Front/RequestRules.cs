using Microsoft.Extensions.Primitives;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>What is refused whatever its route: framing that others might read differently, methods and expectations nobody here serves, and loops.</summary>
internal static class RequestRules
{
    /// <summary>RFC 9110 §7.6.3: the same answer to any method, CONNECT too. 508 is RFC 5842 §7.2's word for it.</summary>
    public static Refusal Loop { get; } = new(508, "This request has come through this proxy before: two proxies point at each other.", false, ProxyError.ProxyLoopDetected);

    /// <summary>Null when the request may go on.</summary>
    public static Refusal? Check(HttpRequest request, ProxyIdentity identity)
    {
        var headers = request.Headers;
        if (!StringValues.IsNullOrEmpty(headers.TransferEncoding))
        {
            // RFC 9112 §6.1: 1.0 has no transfer codings; §6.3: with Content-Length beside it, the next hop may see two requests where we see one.
            if (request.Protocol == "HTTP/1.0" || headers.ContainsKey("X-Content-Length") || headers.ContainsKey("Content-Length"))
            {
                return new(400, "The request says in two ways where it ends. Send Content-Length or Transfer-Encoding, not both.", true);
            }

            if (headers.TransferEncoding.Count != 1 || !headers.TransferEncoding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                return new(501, "Only the transfer coding \"chunked\" is understood here.", true);
            }
        }

        if (HttpMethods.IsTrace(request.Method))
        {
            return new(405, "TRACE would echo credentials back to whoever asks; this proxy does not do it.", false);
        }

        if (headers.Expect.Count > 0 && !headers.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            return new(417, "The only expectation of HTTP is 100-continue.", false); // RFC 9110 §10.1.1
        }

        return identity.HasSigned(headers.Via.ToString()) ? Loop : null;
    }

    /// <param name="Cause">For Proxy-Status; None where there is no more to say than the status does.</param>
    internal sealed record Refusal(int Status, string Sentence, bool Close, ProxyError Cause = ProxyError.None);
}
