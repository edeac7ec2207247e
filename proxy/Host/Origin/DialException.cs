using Swarm.Engine.Targets;

namespace Swarm.Proxy.Origin;

/// <summary>Carries a refused or failed dial through the HTTP client, whose connect callback can only return a stream or throw.</summary>
internal sealed class DialException(DialResult result) : IOException(result.Refusal?.Reason ?? result.Failure?.Reason)
{
    public DialResult Result => result;
}
