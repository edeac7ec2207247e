using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>What the verbs run in: the program's name, where it reads from and writes to. Tests bring their own.</summary>
/// <param name="Name">As a user types it before a verb: <c>swarmstream diag</c> or <c>swarmstream-diag</c>.</param>
/// <param name="Version">Version and commit, for recordings.</param>
/// <param name="Probes">What to measure with.</param>
/// <param name="Input">Standard input.</param>
public sealed record DiagHost(
    string Name, string Version, string Directory, TextWriter Out, TextWriter Error,
    Func<TraceMode, IReadOnlyList<IProbe>> Probes, TimeProvider Time, Func<Stream> Input)
{
    /// <summary>The terminal that output goes to and keys come from; null when there is none.</summary>
    public ITerminal? Terminal { get; init; }

    /// <summary>Whoever read the output has gone, as <c>head</c> does: nobody sees what a verb says from then on.</summary>
    public Func<bool> IsOutputGone { get; init; } = static () => false;

    /// <summary>CPU time of the process, when it runs one verb and no more.</summary>
    public Func<TimeSpan>? ProcessCpu { get; init; }

    public static DiagHost OfProcess(string name, string version, string directory, TextWriter output, TextWriter error) =>
        new(name, version, directory, output, error, SocketWatch.ProbesOfThisMachine, TimeProvider.System, Console.OpenStandardInput)
        {
            Terminal = ProcessTerminal.TryOpen(),
            IsOutputGone = StandardOutput.IsGone,
            ProcessCpu = static () => Environment.CpuUsage.TotalTime,
        };

    /// <summary>A watch of this machine, held to its budget.</summary>
    public SocketWatch Watch(TraceMode trace, SweepBudget? budget = null) => new(Probes(trace), Time, budget, process: ProcessCpu);

    public string FullPath(string path) => Path.GetFullPath(path, Directory);
}
