namespace Swarm.Proxy.Lifetime;

/// <summary>
/// What the host is composed of. The engine starts first, then the proxy port over it; expected trouble (a port taken, a
/// torrent that cannot be read) is the sentence of a <see cref="Started{T}"/>, socket errors may also be thrown.
/// </summary>
/// <param name="Replay">Reads event logs again; null while nothing writes any.</param>
public sealed record NodeParts(
    Func<NodeStart, CancellationToken, Task<Started<IEngineHost>>> StartEngine,
    Func<NodeStart, IEngineHost, CancellationToken, Task<Started<IProxyListener>>> StartProxy,
    ILogReplay? Replay);
