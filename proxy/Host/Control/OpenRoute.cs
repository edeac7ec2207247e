namespace Swarm.Proxy.Control;

/// <summary>Marks a route that anyone on this machine may read: it tells nothing about what the user fetches.</summary>
internal sealed class OpenRoute
{
    public static readonly OpenRoute Mark = new();
}
