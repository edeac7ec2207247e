using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary>Where the diagnostics read from: probes, the clock, standard input. Tests bring their own.</summary>
internal sealed record DiagSources(Func<IReadOnlyList<IProbe>> Probes, TimeProvider Time, Func<TextReader> Input)
{
    public static DiagSources OfProcess { get; } = new(SocketWatch.ProbesOfThisMachine, TimeProvider.System, () => Console.In);
}
