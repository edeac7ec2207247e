using Swarm.Http;
using Swarm.Proxy.Gateway;

namespace Swarm.Proxy.Origin;

/// <summary>What a response may carry to the client, by the form in which the client asked.</summary>
public static class ResponseFilters
{
    /// <summary>Null for a proxy request: everything end-to-end passes.</summary>
    public static Func<HttpFields, HttpFields>? For(OriginTarget target) => target.Form == TargetForm.Gateway ? GatewayFields.Filter : null;
}
