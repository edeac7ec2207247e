using Swarm.Proxy.Lifetime;

/// <summary>What this program's node is made of: the one place that knows every part.</summary>
internal static class ProgramParts
{
    public static readonly NodeParts All = new(
        (_, _) => Task.FromResult(Started.As<IEngineHost>(new OriginOnly())),
        (_, _, _) => Task.FromResult(Started.Failed<IProxyListener>("The proxy port is not in this build.")),
        Replay: null);
}
