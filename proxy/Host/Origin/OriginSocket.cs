using System.Net;

namespace Swarm.Proxy.Origin;

/// <summary>Notes which end point a request's new connection reached; the HTTP client does not tell.</summary>
internal sealed class OriginSocket
{
    public static HttpRequestOptionsKey<OriginSocket> Key { get; } = new("Swarm.OriginSocket");

    public IPEndPoint? RemoteEndPoint { get; set; }
}
