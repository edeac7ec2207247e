using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy;

/// <summary>What this program's node is made of: the one place that knows every part.</summary>
internal static class ProgramParts
{
    public static readonly NodeParts All = new(
        (_, _) => Task.FromResult(Started.As<IEngineHost>(new OriginOnly())),
        (start, _, cancellation) => FrontListener.StartAsync(start, FrontListener.OptionsOf(start), cancellation),
        Replay: null);
}
