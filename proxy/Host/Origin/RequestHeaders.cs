using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>A client's request fields as the origin gets them: the connection's own removed, Via signed, nothing else added. Host is the target's (RFC 9112 §3.2.2) and not among them.</summary>
public static class RequestHeaders
{
    public static HttpFields ForOrigin(HttpRequest request, OriginTarget target, ProxyIdentity identity)
    {
        var received = Of(request);
        var fields = target.Form == TargetForm.Gateway ? GatewayHeaders.Request(received) : HopByHop.Remove(received);
        fields.Remove("Host");
        identity.Sign(fields, request.Protocol.AsSpan().TrimStart("HTTP/").ToString());
        return fields;
    }

    /// <summary>The fields as they were received.</summary>
    public static HttpFields Of(HttpRequest request)
    {
        var received = new HttpFields();
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                received.Add(name, value ?? "");
            }
        }

        return received;
    }
}
