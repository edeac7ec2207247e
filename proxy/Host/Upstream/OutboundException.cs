using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Upstream;

/// <summary>Carries why no connection came about through the HTTP client, whose connect callback can only return a stream or throw.</summary>
internal sealed class OutboundException(OriginError error) : IOException(error.Sentence)
{
    public OriginError Error => error;
}
