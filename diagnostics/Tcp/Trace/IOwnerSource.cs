using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>A probe that can also tell which process holds which socket, cheaper than /proc.</summary>
public interface IOwnerSource
{
    /// <summary>The owners by inode; null when it cannot tell.</summary>
    IReadOnlyDictionary<uint, SocketOwner>? Owners();
}
