using System.Collections.Immutable;

namespace Swarm.Core;

/// <summary>The registered policies, by name.</summary>
public static class SchedulingPolicies
{
    public static readonly ImmutableArray<ISchedulingPolicy> All = [new DeadlinePolicy(), new SequentialPolicy(), new RarestPolicy()];

    /// <exception cref="ArgumentException">No policy has this name.</exception>
    public static ISchedulingPolicy Find(string name) =>
        All.FirstOrDefault(p => p.Name == name)
        ?? throw new ArgumentException($"no scheduling policy '{name}'; there are {string.Join(", ", All.Select(p => p.Name))}", nameof(name));
}
