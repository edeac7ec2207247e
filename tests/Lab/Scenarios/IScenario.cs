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

    Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop);
}
