using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>A client's request fields as the origin gets them: the connection's own removed, Via appended, nothing else added.</summary>
public static class RequestHeaders
{
    public static HttpFields ForOrigin(HttpRequest request, OriginTarget target, ProxyIdentity identity)
    {
        var received = new HttpFields();
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                received.Add(name, value ?? "");
            }
        }

        var fields = HopByHop.Strip(received).Where(f => Goes(f.Name, target));
        fields.Add("Via", identity.Via(request.Protocol.AsSpan().TrimStart("HTTP/").ToString()));
        return fields;
    }

    private static bool Goes(string name, OriginTarget target)
    {
        // Host is the target's (RFC 9112 §3.2.2).
        if (Is(name, "Host"))
        {
            return false;
        }

        if (target.Form == TargetForm.AbsoluteForm)
        {
            return true;
        }

        return name switch
        {
            _ when Is(name, "Authorization") => target.MayCarryAuthorization,
            _ when Is(name, "Cookie") => target.MayCarryCookies,
            _ => !Is(name, "Referer"), // through the gateway it is an address of this machine
        };
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
