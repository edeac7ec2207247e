namespace Swarm.Proxy.Origin;

/// <summary>
/// The way to an origin server: one request, one answer, whose body is read by whoever asked.
/// A refused, broken or late origin is an <see cref="OriginError"/>; the only exception is the caller's own cancellation.
/// </summary>
public interface IOriginConnection
{
    ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken);
}
