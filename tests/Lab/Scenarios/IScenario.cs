using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>One statement about the product, tried with real programs. Found by name.</summary>
public interface IScenario
{
    string Name { get; }

    /// <summary>What must hold, in one sentence.</summary>
    string Holds { get; }

    /// <summary>Third-party programs it cannot do without.</summary>
    IReadOnlyList<Tool> Needs { get; }

    /// <summary>False for what takes long and speaks of the machine: it runs by name and in <c>all</c>.</summary>
    bool IsInCi => true;

    /// <summary>What this machine lacks besides programs; null for nothing.</summary>
    string? Lacks => null;

    /// <summary>The same for one part alone (<c>NAME:PART</c> on the command line); null if it has no such part.</summary>
    IScenario? Part(string part) => null;

    Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop);
}
