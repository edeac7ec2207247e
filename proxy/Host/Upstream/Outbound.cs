using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>What became of a dial towards an origin: a connection, or why there is none.</summary>
/// <param name="Socket">What <paramref name="Stream"/> runs over, and is closed with.</param>
/// <param name="EndPoint">Which address answered: the origin's, or the upstream proxy's.</param>
/// <param name="Asked">The proxy that answers at the other end, in absolute-form; null where that is the origin.</param>
internal readonly record struct Outbound(Socket? Socket, Stream? Stream, IPEndPoint? EndPoint, UpstreamProxy? Asked, OriginError? Error)
{
    [MemberNotNullWhen(true, nameof(Socket), nameof(Stream), nameof(EndPoint))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsConnected => Stream is not null;
}
