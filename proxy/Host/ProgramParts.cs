using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Swarmed;

namespace Swarm.Proxy;

/// <summary>What this program's node is made of: the one place that knows every part.</summary>
internal static class ProgramParts
{
    public static readonly NodeParts All = new(
        SwarmNode.StartAsync,
        (_, engine, cancel) => ((SwarmNode)engine).StartFrontAsync(cancel),
        new LogReplay());
}
