using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>What a response may carry to the client, by the form in which the client asked.</summary>
public static class ResponseFilters
{
    /// <summary>Null for a proxy request: everything end-to-end passes.</summary>
    public static Func<HttpFields, HttpFields>? For(OriginTarget target) => target.Form == TargetForm.Gateway ? Gateway : null;

    /// <summary>The same for what stands beside it, 1xx answers and trailers.</summary>
    public static Func<HttpFields, HttpFields>? Beside(OriginTarget target) => target.Form == TargetForm.Gateway ? static fields => GatewayHeaders.Kept(fields).Where(IsKept) : null;

    /// <summary>The gateway's callers are tools (browsers were refused), and a registry client needs the challenge to fetch its token.</summary>
    private static HttpFields Gateway(HttpFields fromOrigin)
    {
        var fields = GatewayHeaders.Response(fromOrigin, hasCapability: false, requestOrigin: null)
            .Where(IsKept);
        foreach (var challenge in fromOrigin.Lines("WWW-Authenticate"))
        {
            fields.Add("WWW-Authenticate", challenge);
        }

        return fields;
    }

    /// <summary>X-Xet fields would send a hub's client to another service, around the gateway.</summary>
    private static bool IsKept(HttpField field) => !field.Name.StartsWith("X-Xet-", StringComparison.OrdinalIgnoreCase);
}
