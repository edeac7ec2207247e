using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>Answers every GET and HEAD that has no body and asks for no upgrade: by passing it through, or from the swarm.</summary>
public interface IGetHandler
{
    /// <param name="context">The exchange; the target is not to be read from it, since its path is already unescaped.</param>
    /// <param name="target">Where the request goes, byte for byte as the client wrote it.</param>
    /// <param name="cancellationToken">Ends when the client goes.</param>
    Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken);
}
