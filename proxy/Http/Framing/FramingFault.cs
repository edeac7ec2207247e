namespace Swarm.Http;

/// <summary>Why an origin's message cannot be told apart from what follows it: the reason the connection ends and the client gets 502.</summary>
/// <param name="Error">For Proxy-Status.</param>
/// <param name="What">Completes "the origin …".</param>
public sealed record FramingFault(ProxyError Error, string What)
{
    internal static FramingFault Protocol(string what) => new(ProxyError.HttpProtocolError, what);
}
