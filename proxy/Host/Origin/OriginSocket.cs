using System.Net;

namespace Swarm.Proxy.Origin;

/// <summary>What travels with a request into the HTTP client's connect callback and back: a stream dialled already, and the end point reached.</summary>
internal sealed class OriginSocket(Stream? dialled)
{
    private Stream? _dialled = dialled;

    public static HttpRequestOptionsKey<OriginSocket> Key { get; } = new("Swarm.OriginSocket");

    public IPEndPoint? RemoteEndPoint { get; set; }

    /// <summary>The stream dialled for this request; null when there is none, or it was taken.</summary>
    public Stream? TakeDialled() => Interlocked.Exchange(ref _dialled, null);
}
