namespace Swarm.Proxy.Origin;

/// <summary>How a client named the target: as a proxy request, or as a path of the gateway.</summary>
public enum TargetForm
{
    /// <summary><c>GET http://host/path</c> (RFC 9112 §3.2.2).</summary>
    AbsoluteForm,

    /// <summary><c>GET /gateway/https/host/path</c>, for tools that take a base URL instead of a proxy.</summary>
    Gateway,
}
